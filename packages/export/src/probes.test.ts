import { box } from '@meow-rl/envs';
import { expect, test } from 'vitest';

import { probeObservations } from './probes.ts';

const drawn = (low: number, high: number) =>
  probeObservations(box({ low, high, shape: [2] }), { observations: 500, seed: 0 });

test('bounds of up to ±10,000 are where observations are drawn between, those beyond are none', () => {
  const near = drawn(-1e4, 1e4);
  expect(near).toHaveLength(1000);
  expect(Math.max(...near)).toBeGreaterThan(9000);
  expect(Math.min(...near)).toBeLessThan(-9000);
  for (const [low, high] of [
    [-10_001, 10_001],
    [-Infinity, Infinity],
  ] as const)
    expect(Math.max(...drawn(low, high).map(Math.abs))).toBeLessThan(6);
  // With one that counts they lie beside it.
  for (const [low, high, to] of [
    [1e4, 10_001, 10_001],
    [1e4, 1e38, 10_020],
  ] as const) {
    const values = drawn(low, high);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(1e4);
    expect(Math.max(...values)).toBeLessThanOrEqual(to);
  }
});

test('observations are in their space, however far from 0 that is', () => {
  for (const [low, high] of [
    [1e6, 1e6 + 0.5],
    [-1e6 - 0.5, -1e6],
    [-3e38, -1e30],
    [2e4, Infinity],
    [3, 3],
  ] as const)
    for (const x of drawn(low, high)) expect(x >= low && x <= high).toBe(true);
});
