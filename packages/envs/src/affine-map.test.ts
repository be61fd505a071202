import { describe, expect, it } from 'vitest';

import { affineMap } from './affine-map.ts';
import { box } from './box.ts';

const space = box({ low: [-0.3, 0.1, 4], high: [0.7, 0.7, 4] });

describe('affineMap', () => {
  it('maps rows entry by entry, the ends without rounding', () => {
    expect([...affineMap(space)([-1, -1, -1, 1, 1, 1, 0, 0.5, 3])]).toEqual([
      -0.3,
      0.1,
      4,
      0.7,
      0.7,
      4,
      0.5 * -0.3 + 0.5 * 0.7,
      0.25 * 0.1 + 0.75 * 0.7,
      4,
    ]);
  });

  it('maps from other bounds, and on beyond them', () => {
    const map = affineMap(box({ low: -10, high: 30, shape: [1] }), 0, 4);
    expect([...map([0, 1, 4, 5, -1])]).toEqual([-10, 0, 30, 40, -20]);
  });

  it('leaves what is not finite, between equal bounds too', () => {
    const strange = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    expect([...affineMap(space)(strange)]).toEqual(strange);
  });

  it('writes where it is told to', () => {
    const out = new Float64Array(3);
    expect(affineMap(space)([1, 1, 1], out)).toBe(out);
    expect([...out]).toEqual([0.7, 0.7, 4]);
  });
});
