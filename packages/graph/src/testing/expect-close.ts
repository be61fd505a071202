import { expect } from 'vitest';

/** Checks that numbers agree to a tolerance that is relative above 1 and absolute below; NaN agrees with NaN. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = 'values',
): void {
  expect(actual.length, `${what}: number of elements`).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [got, wanted] = [actual[i] ?? Number.NaN, expected[i] ?? Number.NaN];
    if (Object.is(got, wanted) || got === wanted) continue;
    // Only itself is near what is infinite.
    const isNear = Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted));
    if (isNear && Number.isFinite(wanted)) continue;
    const [all, target] = [Array.from(actual).join(), Array.from(expected).join()];
    expect.fail(`${what}: element ${i} is ${got}, expected ${wanted}; ${all} against ${target}`);
  }
}
