import { expect } from 'vitest';

/** Checks that numbers agree to a tolerance that is relative above 1 and absolute below. */
export function expectClose(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
  what = 'values',
): void {
  expect(actual.length, `${what}: number of elements`).toBe(expected.length);
  const off = actual.findIndex((value, i) => {
    const target = expected[i] ?? Number.NaN;
    // Only itself is near what is infinite.
    if (!Number.isFinite(target)) return value !== target;
    return !(Math.abs(value - target) <= tolerance * Math.max(1, Math.abs(target)));
  });
  if (off >= 0) expect.fail(`${what}: element ${off} is ${actual[off]}, expected ${expected[off]}`);
}

/** Largest minus smallest. */
export const spreadOf = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);
