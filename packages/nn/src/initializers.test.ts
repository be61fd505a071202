import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { normal, ones, orthogonal, uniformFanIn, zeros } from './index.ts';
import type { Initializer } from './index.ts';
import { rowsOf } from './testing/index.ts';

const draw = (initializer: Initializer, shape: readonly number[], seed: number, fanIn = 1): number[] =>
  Array.from(initializer(shape, fanIn)(createGenerator(seed)));

const meanOf = (values: readonly number[]): number =>
  values.reduce((total, x) => total + x, 0) / values.length;

describe('orthogonal', () => {
  it.each([
    [3, 7, 1],
    [7, 3, 1],
    [5, 5, Math.SQRT2],
    [64, 66, 1],
    [1, 4, 0.01],
  ])('%i x %i with gain %f has orthogonal rows or columns of that length', (rows, columns, gain) => {
    const values = rowsOf(draw(orthogonal(gain), [rows, columns], 2), columns);
    const vectors =
      rows <= columns ? values : Array.from({ length: columns }, (_, j) => values.map((row) => row[j] ?? 0));
    for (const [i, a] of vectors.entries())
      for (const [j, b] of vectors.entries()) {
        const overlap = a.reduce((total, x, at) => total + x * (b[at] ?? 0), 0) / gain ** 2;
        expect(Math.abs(overlap - (i === j ? 1 : 0)), `${i} with ${j}`).toBeLessThan(1e-6);
      }
  });

  it('is uniform: the mean of many matrices is zero, the square 1 / length', () => {
    const random = createGenerator(3);
    const draws = Array.from({ length: 4000 }, () => orthogonal()([2, 3], 3)(random));
    for (let at = 0; at < 6; at++) {
      const entries = draws.map((matrix) => matrix[at] ?? Number.NaN);
      expect(Math.abs(meanOf(entries))).toBeLessThan(0.04);
      expect(Math.abs(meanOf(entries.map((x) => x * x)) - 1 / 3)).toBeLessThan(0.03);
    }
  });
});

describe('uniformFanIn', () => {
  it.each([
    ['biases', [10_000]],
    ['weights', [400, 25]],
  ])('fills ±1/√inputs evenly with %s', (_, shape) => {
    const values = draw(uniformFanIn, shape, 4, 25);
    expect(values).toHaveLength(10_000);
    expect(Math.max(...values)).toBeLessThanOrEqual(0.2);
    expect(Math.max(...values)).toBeGreaterThan(0.199);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-0.2);
    expect(Math.min(...values)).toBeLessThan(-0.199);
    expect(Math.abs(meanOf(values))).toBeLessThan(0.005);
  });
});

describe('normal', () => {
  it('has mean 0, the given deviation and the tails of a normal distribution', () => {
    const values = draw(normal(0.3), [100, 100], 5).map((x) => x / 0.3);
    expect(values).toHaveLength(10_000);
    // Four standard errors each: 1/√n, √(2/n), √(96/n).
    expect(Math.abs(meanOf(values))).toBeLessThan(0.04);
    expect(Math.abs(meanOf(values.map((x) => x ** 2)) - 1)).toBeLessThan(0.057);
    expect(Math.abs(meanOf(values.map((x) => x ** 4)) - 3)).toBeLessThan(0.4);
  });
});

describe('all initializers', () => {
  it('zeros are zeros and ones are ones', () => {
    expect(draw(zeros, [3], 5)).toEqual([0, 0, 0]);
    expect(draw(ones, [2, 2], 5)).toEqual([1, 1, 1, 1]);
  });

  it.each([
    ['orthogonal', orthogonal()],
    ['uniformFanIn', uniformFanIn],
    ['normal', normal(1)],
  ])('%s is decided by its generator', (_, initializer) => {
    expect(draw(initializer, [4, 6], 6)).toEqual(draw(initializer, [4, 6], 6));
    expect(draw(initializer, [4, 6], 6)).not.toEqual(draw(initializer, [4, 6], 7));
  });
});
