import { describe, expect, it } from 'vitest';

import { between } from './between.ts';

const widest = Number.MAX_VALUE;
/** The largest number that `uniform()` gives. */
const last = 1 - 2 ** -53;

describe('between', () => {
  it('is linear, however far apart the bounds are', () => {
    expect(between(-2, 6, 0.25)).toBe(0);
    expect(between(-widest, widest, 0)).toBe(-widest);
    expect(between(-widest, widest, 0.25) / widest).toBeCloseTo(-0.5, 15);
    expect(between(-widest, widest, 0.5)).toBe(0);
    expect(between(-widest, widest / 2, 0.75) / widest).toBeCloseTo(0.125, 15);
    expect(between(-widest, widest, last) / widest).toBeCloseTo(1, 15);
  });

  it.each([
    [-widest, widest],
    [-widest, 1],
    [-1, widest],
    [0.1, 0.1],
    [0.1, 0.1 + 2 ** -56],
    [-1, 2 ** 53 + 2],
    [-3, 2 ** 53 + 6],
    [-(2 ** -60), 1],
    [-5e-324, 5e-324],
  ])('stays within %d and %d', (low, high) => {
    for (const u of [0, 2 ** -53, 0.1, 0.5, 0.75, last]) {
      expect(between(low, high, u)).toBeGreaterThanOrEqual(low);
      expect(between(low, high, u)).toBeLessThanOrEqual(high);
    }
  });
});
