import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { drawNoise, noiseRooms } from './drawn-noise.ts';
import { normal, permutation, uniform } from './noise.ts';
import type { Noise } from './noise.ts';

const drawn = (noise: Noise, rows: number, seed: number): number[] => {
  const size = noise.shape(rows).reduce((total, length) => total * length, 1);
  const array = noise.dtype === 'float32' ? new Float32Array(size) : new Int32Array(size);
  noise.fill(array, createGenerator(seed));
  return Array.from(array);
};
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;

describe('normal', () => {
  it('draws standard normal numbers for each row', () => {
    expect(normal(3).shape(5)).toEqual([5, 3]);
    expect(normal().shape(5)).toEqual([5]);
    const values = drawn(normal(4), 5000, 1);
    expect(values).toHaveLength(20_000);
    expect(Math.abs(mean(values))).toBeLessThan(4 / Math.sqrt(20_000));
    expect(Math.abs(mean(values.map((x) => x * x)) - 1)).toBeLessThan(4 * Math.sqrt(2 / 20_000));
    expect(drawn(normal(4), 5, 1)).not.toEqual(drawn(normal(4), 5, 2));
  });
});

describe('uniform', () => {
  it('draws numbers between its bounds for each row', () => {
    expect(uniform(-1, 3, 2).shape(5)).toEqual([5, 2]);
    const values = drawn(uniform(-1, 3, 2), 10_000, 1);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...values)).toBeLessThan(3);
    for (const [edge, share] of [
      [-0.6, 0.1],
      [1, 0.5],
      [2.6, 0.9],
    ] as const)
      expect(Math.abs(values.filter((x) => x < edge).length / values.length - share)).toBeLessThan(0.015);
  });
});

describe('permutation', () => {
  it('has each number once', () => {
    expect(permutation(50).shape(8)).toEqual([50]);
    const order = drawn(permutation(50), 8, 3);
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(order).not.toEqual(order.toSorted((a, b) => a - b));
  });

  it('gives each order of four numbers as often', () => {
    const TIMES = 24_000;
    const random = createGenerator(5);
    const array = new Int32Array(4);
    const { fill: draw } = permutation(4);
    const counts = new Map<string, number>();
    for (let i = 0; i < TIMES; i += 1) {
      draw(array, random);
      const key = array.join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    // χ² with 23 degrees of freedom: above 60 in 4 of 100,000 runs.
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(60);
  });
});

const loss = () => ({ losses: {}, metrics: {} });

describe('what stages draw', () => {
  it('is one array of rows or of a whole, and one for each thread of what each has its own of', () => {
    const stage = {
      trains: {},
      noise: { rows: normal(2), order: permutation(7) },
      dropout: { rate: 0.5, uses: 3, largest: 6 },
      loss,
    };
    const rooms = noiseRooms(stage, [3, 2]);
    expect(
      rooms.map(({ input, sharing, draws }) => [input, sharing, draws.map(({ array }) => array.length)]),
    ).toEqual([
      ['noise/rows', 'rows', [10]],
      ['noise/order', 'whole', [7]],
      ['noise/dropoutOffsets', 'each', [3, 3]],
    ]);
  });

  it('leaves the generator as it is where the stage only reports, and depends on the update', () => {
    const reporting = { trains: {}, noise: { rows: normal(2) }, loss };
    const random = createGenerator(1);
    const before = random.state();
    const rooms = noiseRooms(reporting, [4]);
    const values = (update: number) => {
      drawNoise(reporting, rooms, random, update);
      return Array.from(rooms[0]?.draws[0]?.array ?? []);
    };
    const [first, other] = [values(1), values(2)];
    expect(other).not.toEqual(first);
    expect(values(1)).toEqual(first);
    expect(random.state()).toEqual(before);
    // One whose targets follow changes something.
    drawNoise({ ...reporting, targets: { group: 0.1 } }, rooms, random, 1);
    expect(random.state()).not.toEqual(before);
  });
});
