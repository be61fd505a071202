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
    expect(box({ low: -1, high: [1, 2, 3] }).shape).toEqual([3]);
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

  it('samples uniformly between bounds whose distance is beyond the largest number', () => {
    const space = box({ low: [-1.7e308, -Number.MAX_VALUE], high: [1.7e308, 0] });
    const generator = createGenerator(2);
    const count = 10_000;
    const tenths = [new Float64Array(10), new Float64Array(10)];
    for (let i = 0; i < count; i += 1) {
      const [x = Number.NaN, y = Number.NaN] = space.sample(generator);
      for (const [entry, share] of [x / 1.7e308 / 2 + 0.5, y / Number.MAX_VALUE + 1].entries()) {
        const counts = tenths[entry];
        if (counts) counts[Math.floor(10 * share)] = (counts[Math.floor(10 * share)] ?? 0) + 1;
      }
    }
    // Chi-square with 9 degrees of freedom: above 27.9 once in a thousand.
    for (const counts of tenths) {
      const distance = counts.reduce((sum, n) => sum + (n - count / 10) ** 2 / (count / 10), 0);
      expect(distance).toBeLessThan(27.9);
    }
  });

  it('draws the same numbers from ordinary bounds as ever', () => {
    const space = box({ low: [-1, 0.1, 1000, 2, -infinity], high: [1, 0.7, 1001, infinity, 3] });
    const sample = space.sample(createGenerator(1));
    const g = createGenerator(1);
    expect([...sample]).toEqual([
      -1 + 2 * g.uniform(),
      0.1 + (0.7 - 0.1) * g.uniform(),
      1000 + g.uniform(),
      2 - Math.log(1 - g.uniform()),
      3 + Math.log(1 - g.uniform()),
    ]);
  });

  it.each([
    ['ends of the number line', [-Number.MAX_VALUE, Number.MAX_VALUE]],
    ['a single number', [0.1, 0.1]],
    ['a far half-line', [Number.MAX_VALUE, infinity]],
    ['a far half-line below', [-infinity, -Number.MAX_VALUE]],
    ['neighbours', [1, 1 + 2 ** -52]],
  ])('never samples out of bounds: %s', (_, [low = 0, high = 0]) => {
    const space = box({ low, high, shape: [1] });
    const generator = createGenerator(3);
    for (let i = 0; i < 1000; i += 1) expect(space.contains(space.sample(generator))).toBe(true);
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
    expect(() => space.validate([0, Number.NaN], 'here')).toThrow(
      'here got NaN in entry 1, expected a finite number. Look at what gave it.',
    );
    expect(() => space.validate([-infinity, 0], 'here')).toThrow('here got -Infinity in entry 0');
    expect(() => space.validate([0, 2], 'here')).not.toThrow();
    expect(() => space.validate([-1, 1], 'here', { inRange: true })).not.toThrow();
    expect(() => space.validate([0, 2], 'here', { inRange: true })).toThrow(
      'here got 2 in entry 1, expected -1 to 1',
    );
  });

  it('refuses bounds that make no box', () => {
    expect(() => box({ low: 0, high: 1 })).toThrow('shape is missing');
    expect(() => box({ low: [0, 0], high: [1, 1, 1] })).toThrow('high has 3 entries, expected 2');
    expect(() => box({ low: [0, 2], high: 1 })).toThrow('low is 2 and high 1 in entry 1');
    expect(() => box({ low: Number.NaN, high: 1, shape: [1] })).toThrow('low is NaN');
    expect(() => box({ low: infinity, high: infinity, shape: [1] })).toThrow('finite numbers between them');
    expect(() => box({ low: -infinity, high: -infinity, shape: [1] })).toThrow('low is -Infinity');
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
