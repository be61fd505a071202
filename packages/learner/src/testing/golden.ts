import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { referenceRuntime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { onnxRuntimeWeb } from '@meow-rl/graph/onnxruntime-web';
import { testedTfjsRuntimes } from '@meow-rl/graph/testing';
import { onnxRuntimeFused, whyUnavailable } from '@meow-rl/onnxruntime-fused';
import { expect } from 'vitest';

/**
 * Reads the cases of a golden file, which lie in GOLDEN_DIR or in the fixtures of a package.
 *
 * @param source `import.meta.url` of a file in the package's `src`
 */
export function readGolden<T>(name: string, source: string): T[] {
  const folder = process.env['GOLDEN_DIR'] ?? fileURLToPath(new URL('../fixtures', source));
  const cases: T[] = JSON.parse(readFileSync(path.resolve(folder, name), 'utf8'));
  return cases;
}

export type GoldenParameters = Readonly<Record<string, { shape: number[]; data: number[] }>>;

/** What updates are compared on, each with how closely it has to agree. */
export const GOLDEN_RUNTIMES = [
  { runtime: referenceRuntime, tolerance: 1e-8 },
  { runtime: onnxRuntimeNode(), tolerance: 1e-4 },
  { runtime: onnxRuntimeWeb(), tolerance: 1e-4 },
  ...testedTfjsRuntimes.map((runtime) => ({ runtime, tolerance: 1e-4 })),
  // Where it isn't compiled its own tests say so.
  ...(whyUnavailable() === undefined ? [{ runtime: onnxRuntimeFused(), tolerance: 1e-4 }] : []),
];

/** Expects numbers to agree to a tolerance, relative where they are above 1. */
export function expectAgreement(
  actual: ArrayLike<number> | undefined,
  expected: readonly number[],
  tolerance: number,
  what: string,
): void {
  expect(actual?.length, what).toBe(expected.length);
  for (const [i, value] of expected.entries()) {
    const error = Math.abs((actual?.[i] ?? Number.NaN) - value);
    expect(error, `${what}[${i}]: ${actual?.[i]} instead of ${value}`).toBeLessThan(
      tolerance * Math.max(1, Math.abs(value)),
    );
  }
}

/** As `expectAgreement` for parameters, which the files hold as float32: half of their spacing is the file's rounding. */
export function expectParameters(
  actual: Readonly<Record<string, { readonly data: ArrayLike<number> }>>,
  expected: GoldenParameters,
  tolerance: number,
): void {
  expect(Object.keys(actual).toSorted()).toEqual(Object.keys(expected).toSorted());
  for (const [name, { data }] of Object.entries(expected))
    for (const [i, value] of data.entries()) {
      const error = Math.abs((actual[name]?.data[i] ?? Number.NaN) - value);
      expect(error, `${name}[${i}]`).toBeLessThan(
        tolerance * Math.max(1, Math.abs(value)) + 2 ** -24 * Math.abs(value),
      );
    }
}
