import { expect } from 'vitest';

/** Checks that numbers agree to a tolerance that is relative above 1 and absolute below; NaN agrees with NaN. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = 'values',
): void {
  const [got, wanted] = [Array.from(actual), Array.from(expected)];
  expect(got.length, `${what}: number of elements`).toBe(wanted.length);
  const off = got.findIndex((value, i) => {
    const target = wanted[i] ?? Number.NaN;
    if (Object.is(value, target) || value === target) return false;
    return !(Math.abs(value - target) <= tolerance * Math.max(1, Math.abs(target)));
  });
  if (off >= 0)
    expect.fail(
      `${what}: element ${off} is ${got[off]}, expected ${wanted[off]}; ${got.join()} against ${wanted.join()}`,
    );
}
