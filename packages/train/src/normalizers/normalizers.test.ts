import { createGenerator } from '@meow-rl/random';
import { emptyBatch } from '@meow-rl/replay';
import type { TransitionBatch } from '@meow-rl/replay';
import { describe, expect, it } from 'vitest';

import { fakeAgent } from '../testing/fake-agent.ts';
import { normalizedAgent } from './normalized-agent.ts';
import { observationNormalizer } from './observation-normalizer.ts';
import { rewardScaler } from './reward-scaler.ts';
import { runningMoments } from './running-moments.ts';

/** Rows of three entries of very different size and spread. */
function randomRows(rows: number, seed: number): Float64Array {
  const random = createGenerator(seed);
  const [means, deviations] = [
    [0, 1000, -3],
    [1, 5, 1e-4],
  ];
  return Float64Array.from(
    { length: 3 * rows },
    (_, i) => (means?.[i % 3] ?? 0) + (deviations?.[i % 3] ?? 1) * random.normal(),
  );
}

/** Mean and variance in two passes. */
function twoPass(rows: Float64Array, entry: number) {
  const values = [...rows].filter((_, i) => i % 3 === entry);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { mean, variance: values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length };
}

/** Relative to the larger of the two and 1. */
function expectClose(actual: number | undefined, expected: number | undefined, tolerance: number): void {
  const [a, b] = [actual ?? Number.NaN, expected ?? Number.NaN];
  expect(Math.abs(a - b) / Math.max(1, Math.abs(b))).toBeLessThan(tolerance);
}

describe('runningMoments', () => {
  it('agree with two passes to 1e-12, whatever the pieces', () => {
    const rows = randomRows(1000, 1);
    for (const piece of [1, 7, 1000]) {
      const moments = runningMoments(3);
      for (let row = 0; row < 1000; row += piece) moments.add(rows.subarray(3 * row, 3 * (row + piece)));
      expect(moments.count).toBe(1000);
      for (let entry = 0; entry < 3; entry += 1) {
        const { mean, variance } = twoPass(rows, entry);
        expectClose(moments.mean()[entry], mean, 1e-12);
        expectClose((moments.variance()[entry] ?? 0) / variance, 1, 1e-9);
        expectClose(moments.variance()[entry], variance, 1e-12);
      }
    }
  });

  it('merge in any order to the same within 1e-12', () => {
    const parts = [1, 10, 300, 2].map((rows, seed) => {
      const moments = runningMoments(3);
      moments.add(randomRows(rows, seed + 2));
      return moments.state();
    });
    const mergedInOrder = (order: readonly number[]) => {
      const merged = runningMoments(3);
      for (const i of order) merged.merge(parts[i] ?? { count: 0, mean: [], squares: [] });
      return merged;
    };
    const first = mergedInOrder([0, 1, 2, 3]);
    expect(first.count).toBe(313);
    for (const order of [
      [3, 2, 1, 0],
      [2, 0, 3, 1],
    ]) {
      const other = mergedInOrder(order);
      for (let entry = 0; entry < 3; entry += 1) {
        expectClose(other.mean()[entry], first.mean()[entry], 1e-12);
        expectClose(other.variance()[entry], first.variance()[entry], 1e-12);
      }
    }
  });

  it('of nothing, of one row, and merged with nothing', () => {
    const moments = runningMoments(2);
    expect([...moments.mean(), ...moments.variance()]).toEqual([0, 0, 0, 0]);
    moments.merge(runningMoments(2).state());
    expect(moments.count).toBe(0);
    moments.add([3, -4]);
    expect([...moments.mean(), ...moments.variance()]).toEqual([3, -4, 0, 0]);
  });

  it('refuse NaN and half rows, and keep what they had', () => {
    const moments = runningMoments(2);
    moments.add([1, 2]);
    const before = moments.state();
    expect(() => moments.add([5, 6, 7, Number.NaN])).toThrow('entry 1 of row 1 is NaN, expected a finite');
    expect(() => moments.add([5, Infinity])).toThrow('entry 1 of row 0 is Infinity');
    expect(() => moments.add([5])).toThrow('add got 1 entries, expected a multiple of 2');
    expect(moments.state()).toEqual(before);
    expect(() => runningMoments(0)).toThrow('size is 0');
  });

  it('go on from a saved state to the same bits', () => {
    const rows = randomRows(50, 8);
    const [whole, begun, resumed] = [runningMoments(3), runningMoments(3), runningMoments(3)];
    whole.add(rows);
    begun.add(rows.subarray(0, 60));
    resumed.restore(JSON.parse(JSON.stringify(begun.state())));
    resumed.add(rows.subarray(60));
    expect(resumed.state()).toEqual(whole.state());
    expect(() => runningMoments(2).restore(whole.state())).toThrow('got moments of 3 entries over 50 rows');
    expect(() => resumed.restore({ count: -1, mean: [0, 0, 0], squares: [0, 0, 0] })).toThrow('-1 rows');
  });
});

describe('observationNormalizer', () => {
  it('standardizes what it has seen', () => {
    const normalizer = observationNormalizer({ size: 3 });
    const rows = randomRows(2000, 4);
    normalizer.observe(rows);
    const normalized = Float64Array.from(normalizer.normalize(rows));
    for (let entry = 0; entry < 3; entry += 1) {
      const { mean, variance } = twoPass(normalized, entry);
      // Mean and scale are applied in float32.
      expect(Math.abs(mean)).toBeLessThan(2e-3);
      // A variance of 1e-8 is doubled by ε.
      expect(variance).toBeCloseTo(entry === 2 ? 0.5 : 1, 1);
    }
  });

  it('centres what has never varied, clips, and changes nothing before the first observation', () => {
    const normalizer = observationNormalizer({ size: 2, clip: 5 });
    expect([...normalizer.normalize([3, -70])]).toEqual([3, -5]);
    expect([...normalizer.normalize([5, -5])]).toEqual([5, -5]);
    normalizer.observe([1, 7, 3, 7]);
    expect([...normalizer.normalize([3, 7, 2, 7.5, 1000, 7])]).toEqual([1, 0, 0, 0.5, 5, 0]);
  });

  it('refuses NaN and half rows', () => {
    const normalizer = observationNormalizer({ size: 2 });
    expect(() => normalizer.normalize([0, 1, Number.NaN, 1])).toThrow('entry 0 of observation 1 is NaN');
    expect(() => normalizer.normalize([0])).toThrow('normalize got 1 entries');
    expect(() => normalizer.observe([0, Number.NaN])).toThrow('is NaN');
    expect(normalizer.count).toBe(0);
    expect(() => observationNormalizer({ size: 2, clip: 0 })).toThrow('clip is 0');
  });

  it('goes by restored statistics at once, whatever it has normalized before', () => {
    const [near, far] = [observationNormalizer({ size: 1 }), observationNormalizer({ size: 1 })];
    near.observe([-1, 1]);
    far.observe([90, 110]);
    expect([...near.normalize([1])]).toEqual([expect.closeTo(1, 6)]);
    near.restore(far.state());
    expect([...near.normalize([120])]).toEqual([expect.closeTo(2, 6)]);
    expect(near.scaling()).toEqual(far.scaling());
  });

  it('is saved and restored, and its scaling says what it does', () => {
    const normalizer = observationNormalizer({ size: 3, clip: 2 });
    normalizer.observe(randomRows(20, 6));
    const other = observationNormalizer({ size: 3, clip: 2 });
    other.restore(JSON.parse(JSON.stringify(normalizer.state())));
    const rows = randomRows(20, 7);
    const normalized = normalizer.normalize(rows);
    expect(other.normalize(rows)).toEqual(normalized);
    const { mean, scale, clip } = normalizer.scaling();
    rows.forEach((x, i) => {
      const value = (x - (mean[i % 3] ?? 0)) * (scale[i % 3] ?? 0);
      expect(normalized[i]).toBe(Math.fround(Math.min(clip, Math.max(-clip, value))));
    });
    mean.fill(1e9);
    scale.fill(0);
    expect(normalizer.normalize(rows)).toEqual(normalized);
  });
});

describe('rewardScaler', () => {
  it('divides by the spread of the discounted returns, which start anew with each episode', () => {
    const scaler = rewardScaler({ numEnvs: 2, gamma: 0.5 });
    scaler.observe([1, 10], [0, 1], [0, 1]);
    scaler.observe([2], [0], [0]);
    scaler.observe([4, 8], [1, 0], [0, 0]);
    // Returns: 1, 10, 2.5, 4 (row 1 anew), 9.25.
    const returns = [1, 10, 2.5, 4, 9.25];
    const mean = 26.75 / 5;
    const variance = returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 5;
    const [scaled, zero] = scaler.scale([3, 0]);
    expect(scaled).toBeCloseTo(3 / Math.sqrt(variance + 1e-8), 6);
    expect(zero).toBe(0);
    expect(scaler.state().returns).toEqual([9.25, 4]);

    const other = rewardScaler({ numEnvs: 2, gamma: 0.5 });
    other.restore(JSON.parse(JSON.stringify(scaler.state())));
    other.observe([1], [1], [0]);
    scaler.observe([1], [1], [0]);
    expect(other.state()).toEqual(scaler.state());
    expect(() => rewardScaler({ numEnvs: 3 }).restore(scaler.state())).toThrow('a state of 2 rows');
  });

  it('only clips while nothing varies, and refuses what makes no sense', () => {
    const scaler = rewardScaler({ numEnvs: 1, clip: 2 });
    expect([...scaler.scale([1, -3])]).toEqual([1, -2]);
    expect(() => scaler.observe([Number.NaN], [0], [0])).toThrow('is NaN');
    expect(() => scaler.observe([1], [4], [0])).toThrow('reward 0 is of row 4, expected one of 1 rows');
    expect(scaler.state()).toEqual({ moments: { count: 0, mean: [0], squares: [0] }, returns: [0] });
    expect(() => rewardScaler({ numEnvs: 1, gamma: 2 })).toThrow('gamma is 2');
    expect(() => scaler.scale([1, Number.NaN])).toThrow('reward 1 is NaN, expected a number');
    const state = scaler.state();
    expect(() => scaler.restore({ ...state, returns: [Infinity] })).toThrow('expected finite ones of 1');
    const two = rewardScaler({ numEnvs: 2 });
    expect(() => two.restore({ ...two.state(), returns: [1, Number.NaN] })).toThrow('expected finite ones');
  });

  it('adds epsilon to the variance, so that a small one does not blow rewards up', () => {
    const scaler = rewardScaler({ numEnvs: 2, epsilon: 3, clip: 100 });
    scaler.observe([1, 3], [0, 1], [0, 0]);
    expect([...scaler.scale([8])]).toEqual([4]);
  });
});

describe('normalizedAgent', () => {
  const observations = observationNormalizer({ size: 2 });
  observations.observe([0, 10, 2, 30]);

  it('acts and learns on normalized numbers and leaves the batch raw', async () => {
    let seen: TransitionBatch | undefined;
    const inner = fakeAgent({
      metrics: (batch) => {
        seen = batch;
        return {};
      },
    });
    const rewards = rewardScaler({ numEnvs: 1 });
    rewards.observe([0, 4], [0, 0], [1, 1]);
    const agent = normalizedAgent(inner, { observations, rewards });
    const [action] = await agent.act(Float32Array.of(0, 40), { deterministic: true });
    expect(action).toBeCloseTo(0.02, 6);

    const batch = {
      ...emptyBatch(1, inner),
      observations: Float32Array.of(1, 20),
      nextObservations: Float32Array.of(2, 20),
      rewards: Float32Array.of(6),
      // What it has no business with.
      actions: Float32Array.of(0.25),
      terminated: Float32Array.of(1),
      discounts: Float32Array.of(0.7),
      weights: Float32Array.of(0.3),
      indices: Float64Array.of(9),
    };
    await agent.update(batch);
    const { actions, terminated, discounts, weights, indices } = batch;
    expect(seen).toMatchObject({ actions, terminated, discounts, weights, indices });
    expect(seen?.observations).toEqual(Float32Array.of(0, 0));
    expect(seen?.nextObservations[0]).toBeCloseTo(1, 6);
    expect(seen?.rewards[0]).toBeCloseTo(3, 6);
    expect([...batch.observations, ...batch.rewards]).toEqual([1, 20, 6]);
    expect(observations.count).toBe(2);
  });

  it('refuses a normalizer of another size', () => {
    expect(() => normalizedAgent(fakeAgent({ observationSize: 3 }), { observations })).toThrow(
      'the normalizer is for 2 entries, expected 3 as in the fake agent.',
    );
  });
});
