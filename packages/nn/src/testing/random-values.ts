import { parameterLayout } from '@meow-rl/graph';
import type { ParameterSpec } from '@meow-rl/graph';
import { createGenerator } from '@meow-rl/random';

/** Rows of numbers uniform in ±bound that float32 holds exactly, so that every runtime starts from the same. */
export function randomRows(seed: number, rows: number, width: number, bound: number): number[][] {
  const random = createGenerator(seed);
  const number = (): number => Math.fround(bound * (2 * random.uniform() - 1));
  return Array.from({ length: rows }, () => Array.from({ length: width }, number));
}

/**
 * Random values of parameters as one flat vector: matrices uniform in ±spread/√columns, vectors in ±spread/2 around 0, or
 * around 1 for slopes (`beta`) and scales (`norm.weight`). Everything is exact in float32.
 */
export function randomParameters(specs: readonly ParameterSpec[], seed: number, spread = 1): Float32Array {
  const random = createGenerator(seed);
  return parameterLayout(specs).flatten(
    Object.fromEntries(
      specs.map(({ name, shape }) => {
        const [rows = 1, columns] = shape;
        const center = name.endsWith('beta') || name.endsWith('norm.weight') ? 1 : 0;
        const half = columns === undefined ? spread / 2 : spread / Math.sqrt(columns);
        const data = Array.from(
          { length: rows * (columns ?? 1) },
          () => center + half * (2 * random.uniform() - 1),
        );
        return [name, { shape, data }];
      }),
    ),
  );
}
