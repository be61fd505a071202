import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { box, sameBox } from './box.ts';

const infinity = Number.POSITIVE_INFINITY;

describe('box', () => {
  it('spreads single bounds over a shape and takes one per entry', () => {
    const square = box({ low: -1, high: 2, shape: [2, 3] });
    expect(square.size).toBe(6);
    expect([...square.low]).toEqual([-1, -1, -1, -1, -1, -1]);
    const uneven = box({ low: [-1, -infinity], high: 3 });
    expect(uneven.shape).toEqual([2]);
    expect([...uneven.high]).toEqual([3, 3]);
  });

  it('contains its bounds, and neither NaN nor another size', () => {
    const space = box({ low: [-1, 0], high: [1, infinity] });
    expect(space.contains([-1, 1e300])).toBe(true);
    expect(space.contains([1, infinity])).toBe(true);
    expect(space.contains([1.0001, 0])).toBe(false);
    expect(space.contains([0, -0.0001])).toBe(false);
    expect(space.contains([0, Number.NaN])).toBe(false);
    expect(space.contains([0])).toBe(false);
  });

  it('samples uniformly, exponentially or normally by which bounds are finite', () => {
    const space = box({ low: [-2, 3, -infinity, -infinity], high: [4, infinity, -5, infinity] });
    const generator = createGenerator(1);
    const sums = [0, 0, 0, 0];
    const sample = new Float64Array(4);
    const count = 40_000;
    for (let i = 0; i < count; i += 1) {
      space.sample(generator, sample);
      expect(space.contains(sample)).toBe(true);
      for (const [j, x] of sample.entries()) sums[j] = (sums[j] ?? 0) + x;
    }
    const deviations = [6 / Math.sqrt(12), 1, 1, 1];
    for (const [j, expected] of [1, 4, -6, 0].entries()) {
      const error = Math.abs((sums[j] ?? Number.NaN) / count - expected);
      expect(error).toBeLessThan((4 * (deviations[j] ?? 0)) / Math.sqrt(count));
    }
  });

  it('clips in place', () => {
    const value = Float64Array.of(-3, 0.5, 9);
    expect(box({ low: -1, high: 1, shape: [3] }).clip(value)).toBe(value);
    expect([...value]).toEqual([-1, 0.5, 1]);
  });

  it('validates size and finiteness, and the range where asked', () => {
    const space = box({ low: -1, high: 1, shape: [2] });
    expect(() => space.validate([1], 'Task-v0: step(action)')).toThrow(
      'Task-v0: step(action) got 1 entries, expected 2.',
    );
    expect(() => space.validate([0, Number.NaN], 'here')).toThrow('here got NaN in entry 1');
    expect(() => space.validate([-infinity, 0], 'here')).toThrow('here got -Infinity in entry 0');
    expect(() => space.validate([0, 2], 'here')).not.toThrow();
    expect(() => space.validate([0, 2], 'here', { inRange: true })).toThrow(
      'here got 2 in entry 1, expected -1 to 1',
    );
  });

  it('refuses bounds that make no box', () => {
    expect(() => box({ low: 0, high: 1 })).toThrow('shape is missing');
    expect(() => box({ low: [0, 0], high: [1, 1, 1] })).toThrow('high has 3 entries, expected 2');
    expect(() => box({ low: [0, 2], high: 1 })).toThrow('low is 2 and high 1 in entry 1');
    expect(() => box({ low: Number.NaN, high: 1, shape: [1] })).toThrow('low is NaN');
    expect(() => box({ low: 0, high: 1, shape: [0] })).toThrow('shape is [0]');
    expect(() =>
      box({ low: 0, high: 1, shape: [2] }).sample(createGenerator(0), new Float64Array(3)),
    ).toThrow('array of 3 entries to fill, expected 2');
  });

  it('compares by bounds', () => {
    expect(sameBox(box({ low: 0, high: 1, shape: [2] }), box({ low: [0, 0], high: [1, 1] }))).toBe(true);
    expect(sameBox(box({ low: 0, high: 1, shape: [2] }), box({ low: [0, 0], high: [1, 2] }))).toBe(false);
    expect(sameBox(box({ low: 0, high: 1, shape: [2] }), box({ low: 0, high: 1, shape: [3] }))).toBe(false);
  });
});
