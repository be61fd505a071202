import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import {
  bootstrapInterval,
  improvementInterval,
  interquartileMean,
  mean,
  meanInterval,
  performanceProfile,
  probabilityOfImprovement,
  quantile,
  runScore,
  standardDeviation,
} from './index.ts';
import { studentQuantile } from './student-t.ts';

const overall = (scores: readonly (readonly number[])[]) => mean(scores.flat());

const iqm = (scores: readonly (readonly number[])[]) => interquartileMean(scores.flat());

/** 1 if there are three different scores, else no number. */
const ofAllThree = (scores: readonly (readonly number[])[]) =>
  new Set(scores.flat()).size === 3 ? 1 : Number.NaN;

describe('moments', () => {
  it('known values', () => {
    const values = [2, 4, 4, 4, 5, 5, 7, 9];
    expect(mean(values)).toBe(5);
    expect(standardDeviation(values)).toBeCloseTo(Math.sqrt(32 / 7), 14);
  });

  // numpy.percentile([8, 1, 4, 2], [2.5, 50, 97.5])
  it.each([
    [0.025, 1.075],
    [0.5, 3],
    [0.975, 7.7],
    [0, 1],
    [1, 8],
  ])('quantile %d as NumPy has it', (share, expected) => {
    expect(quantile([8, 1, 4, 2], share)).toBeCloseTo(expected, 12);
  });

  it('refuses what has no answer', () => {
    expect(() => mean([])).toThrow('mean: got 0 values, expected at least 1.');
    expect(() => mean([1, Number.NaN])).toThrow('mean: value 1 is NaN, expected finite numbers.');
    expect(() => standardDeviation([1])).toThrow('standardDeviation: got 1 value, expected at least 2.');
    expect(() => quantile([1], 1.5)).toThrow('quantile: share is 1.5, expected a number from 0 to 1.');
  });
});

describe('interquartileMean', () => {
  // scipy.stats.trim_mean(values[:n], 0.25)
  const values = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
  it.each([
    [1, 3],
    [2, 2],
    [3, 8 / 3],
    [4, 2],
    [5, 8 / 3],
    [6, 3.25],
    [7, 3],
    [8, 3.5],
    [9, 3.8],
    [10, 22 / 6],
  ])('of the first %d as SciPy has it', (n, expected) => {
    expect(interquartileMean(values.slice(0, n))).toBeCloseTo(expected, 12);
  });

  it('one broken run of four does not move it', () => {
    expect(interquartileMean([-1e9, 10, 12, 14])).toBe(11);
  });
});

describe('probabilityOfImprovement', () => {
  it('counts pairs, ties half, and averages over tasks', () => {
    // scipy.stats.mannwhitneyu([1, 2, 2, 5], [2, 0, 3]).statistic / 12: 1 + 1.5 + 1.5 + 3 of 12
    expect(probabilityOfImprovement([[1, 2, 2, 5]], [[2, 0, 3]])).toBeCloseTo(7 / 12, 14);
    expect(probabilityOfImprovement([[1, 2], [5]], [[3], [5, 5]])).toBe((0 + 0.5) / 2);
  });

  it('the two directions add up to 1', () => {
    const [x, y] = [[[1, 3, 2, 2]], [[2, 4]]];
    expect(probabilityOfImprovement(x, y) + probabilityOfImprovement(y, x)).toBe(1);
  });

  it('refuses different tasks', () => {
    expect(() => probabilityOfImprovement([[1]], [[1], [2]])).toThrow('got 1 and 2 tasks');
    expect(() => probabilityOfImprovement([], [])).toThrow('got 0 and 0 tasks');
    expect(() => probabilityOfImprovement([[1]], [[]])).toThrow('y of task 0: got 0 values');
  });
});

describe('bootstrapInterval', () => {
  it('has no ends where a task has one seed, of which nothing can be resampled', () => {
    for (const strata of [[[3], [5]], [[4]], [[1, 2, 3], [6]]])
      expect(bootstrapInterval(strata, overall)).toEqual({
        estimate: overall(strata),
        low: null,
        high: null,
      });
    for (const [x, y] of [
      [[[1]], [[0]]],
      [[[1]], [[0, 0]]],
      [[[1, 1]], [[0]]],
    ] as const)
      expect(improvementInterval(x, y)).toEqual({ estimate: 1, low: null, high: null });
  });

  it('has the ends of all resamples for two seeds', () => {
    // Means of two draws from {0, 1}: 0, 1/2 or 1 with chances 1/4, 1/2, 1/4.
    expect(bootstrapInterval([[0, 1]], overall)).toEqual({ estimate: 0.5, low: 0, high: 1 });
    expect(bootstrapInterval([[0, 1]], overall, { confidence: 0.4 })).toEqual({
      estimate: 0.5,
      low: 0.5,
      high: 0.5,
    });
  });

  it('takes all resamples of few seeds, so that the ends are exact and the same for each seed of the drawing', () => {
    // Counted one by one in Python: of the 3125 draws 0.7 % have an IQM of -1250, and 2.9 % one of at most (-1250 - 1250 - 1090) / 3.
    const scores = [[-1250, -1090, -980, -970, -950]];
    for (const seed of [0, 1, 2]) {
      const { low, high } = bootstrapInterval(scores, iqm, { seed });
      expect(low).toBeCloseTo(-3590 / 3, 9);
      expect(high).toBeCloseTo(-2870 / 3, 9);
    }
    // Of two tasks with two scores: 0, 1/4, 1/2, 3/4 or 1 with chances 1, 4, 6, 4, 1 of 16.
    const [low, high] = [0.25, 0.75];
    const tasks = [
      [0, 1],
      [1, 0],
    ];
    expect(bootstrapInterval(tasks, overall, { confidence: 0.8 })).toEqual({ estimate: 0.5, low, high });
    // A tail of exactly 1/4 ends at the step from 0 to 1/2.
    expect(bootstrapInterval([[0, 1]], overall, { confidence: 0.5 })).toEqual({
      estimate: 0.5,
      low,
      high,
    });
  });

  it('hardly moves with the seed where resamples are drawn, with as many as by default', () => {
    const random = createGenerator(3);
    const scores = [Array.from({ length: 12 }, () => 1000 + 100 * random.normal())];
    const lows = [0, 1, 2, 3].map((seed) => Number(bootstrapInterval(scores, overall, { seed }).low));
    const spread = Math.max(...lows) - Math.min(...lows);
    expect(spread).toBeGreaterThan(0);
    expect(spread).toBeLessThan(0.06 * standardDeviation(scores[0] ?? []));
  });

  it('names a statistic of resamples that is no number', () => {
    for (const resamples of [9, 10])
      expect(() => bootstrapInterval([[1, 2, 3]], ofAllThree, { resamples })).toThrow(
        'statistic of resamples: value',
      );
  });

  it('keeps every task’s weight: between the tasks alone there is no spread', () => {
    const apart = [
      [0, 0, 0],
      [100, 100, 100],
    ];
    expect(bootstrapInterval(apart, overall)).toEqual({ estimate: 50, low: 50, high: 50 });
  });

  it('agrees with the normal interval of a mean of many, and is the same for the same seed', () => {
    const random = createGenerator(5);
    const scores = [Array.from({ length: 400 }, () => 10 + 2 * random.normal())];
    const interval = bootstrapInterval(scores, overall, { resamples: 4000, seed: 1 });
    const half = (1.96 * standardDeviation(scores[0] ?? [])) / Math.sqrt(400);
    expect(interval.estimate).toBe(overall(scores));
    const sides = [Number(interval.high) - interval.estimate, interval.estimate - Number(interval.low)];
    for (const side of sides) {
      expect(side).toBeGreaterThan(0.93 * half);
      expect(side).toBeLessThan(1.07 * half);
    }
    expect(bootstrapInterval(scores, overall, { resamples: 4000, seed: 1 })).toEqual(interval);
    expect(bootstrapInterval(scores, overall, { resamples: 4000, seed: 2 })).not.toEqual(interval);
  });

  it('agrees with SciPy and NumPy on five seeds', () => {
    const x = [3120, 3315, 2980, 3404, 3251];
    const y = [2900, 3200, 3300, 2500, 3100];
    // scipy.stats.bootstrap((x,), trim_mean, method='percentile', n_resamples=50000)
    const iqm = bootstrapInterval([x], (scores) => interquartileMean(scores.flat()), { resamples: 20_000 });
    expect(iqm.estimate).toBeCloseTo(9686 / 3, 9);
    expect(iqm.low).toBeCloseTo(9080 / 3, 9);
    expect(iqm.high).toBeCloseTo(10_123 / 3, 9);
    // 50000 resamples of both, within each task, drawn and counted with NumPy.
    const second = [
      [1, 2, 3, 4, 5],
      [2, 3, 1, 0, 2],
    ] as const;
    const improvement = improvementInterval([x, second[0]], [y, second[1]], { resamples: 20_000 });
    expect(improvement.estimate).toBeCloseTo(0.76, 12);
    expect(improvement.low).toBeCloseTo(0.52, 12);
    expect(improvement.high).toBeCloseTo(0.94, 12);
  });

  it('of the probability of improvement lies in [0, 1] around it', () => {
    const { estimate, low, high } = improvementInterval([[1, 2, 3, 4]], [[2.5, 0, 1.5]]);
    expect(estimate).toBeCloseTo(9 / 12, 14);
    expect(low).toBeGreaterThanOrEqual(0);
    expect(low).toBeLessThan(estimate);
    expect(high).toBeGreaterThan(estimate);
    expect(high).toBeLessThanOrEqual(1);
    expect(improvementInterval([[5, 6]], [[1, 2]])).toEqual({ estimate: 1, low: 1, high: 1 });
  });

  it('refuses options out of range and scores that are not finite', () => {
    expect(() => bootstrapInterval([], overall)).toThrow('got no strata');
    expect(() => bootstrapInterval([[1], []], overall)).toThrow('stratum 1: got 0 values');
    expect(() => bootstrapInterval([[Infinity]], overall)).toThrow('value 0 is Infinity');
    expect(() => bootstrapInterval([[1]], overall, { resamples: 0 })).toThrow('resamples is 0');
    for (const confidence of [95, 1, 0, -0.1, Number.NaN])
      expect(() => bootstrapInterval([[1]], overall, { confidence })).toThrow(`confidence is ${confidence}`);
    expect(bootstrapInterval([[4, 4]], overall, { resamples: 1 })).toEqual({ estimate: 4, low: 4, high: 4 });
  });
});

describe('studentQuantile', () => {
  it('refuses shares and degrees out of range', () => {
    for (const share of [0.4, 1, Number.NaN])
      expect(() => studentQuantile(share, 3)).toThrow(`share is ${share}`);
    for (const degrees of [0, 1.5, Number.NaN])
      expect(() => studentQuantile(0.9, degrees)).toThrow(`degrees is ${degrees}`);
  });
});

describe('meanInterval', () => {
  it('has no ends for one value, and none apart for equal ones', () => {
    expect(meanInterval([3])).toEqual({ estimate: 3, low: null, high: null });
    expect(meanInterval([2, 2, 2])).toEqual({ estimate: 2, low: 2, high: 2 });
  });

  it('refuses no values, values that are not finite and a confidence out of range', () => {
    expect(() => meanInterval([])).toThrow('mean: got 0 values');
    expect(() => meanInterval([1, Infinity])).toThrow('mean: value 1 is Infinity');
    for (const confidence of [95, 1, 0, Number.NaN])
      expect(() => meanInterval([1, 2], confidence)).toThrow(`meanInterval: confidence is ${confidence}`);
  });
});

describe('performanceProfile', () => {
  it('counts runs above each threshold, every task with the same weight', () => {
    const profile = performanceProfile(
      [
        [1, 2, 3, 4],
        [0, 2.5],
      ],
      [2, -1, 9],
    );
    expect(profile.map(({ estimate }) => estimate)).toEqual([0.5, 1, 0]);
    expect(profile[2]).toEqual({ estimate: 0, low: 0, high: 0 });
  });

  it('has no interval where a task has one run', () => {
    expect(performanceProfile([[1, 2], [3]], [1.5])).toEqual([{ estimate: 0.75, low: null, high: null }]);
  });

  it('refuses thresholds that are none', () => {
    expect(() => performanceProfile([[1]], [])).toThrow('thresholds: got 0 values');
    expect(() => performanceProfile([[1]], [Number.NaN])).toThrow('thresholds: value 0 is NaN');
  });
});

describe('runScore', () => {
  const run = Array.from({ length: 12 }, (_, i) => ({ step: 100 * (i + 1), mean: i === 3 ? 1000 : i }));

  it('is of the last evaluations, whatever the best was', () => {
    // 2 + 1000 + 4 + ... + 11
    expect(runScore(run)).toEqual({ step: 1200, final: 11, lastAverage: 106.2, averaged: 10 });
    expect(runScore(run, 2)).toEqual({ step: 1200, final: 11, lastAverage: 10.5, averaged: 2 });
    expect(runScore(run.slice(0, 3))).toEqual({ step: 300, final: 2, lastAverage: 1, averaged: 3 });
  });

  it('refuses a run without evaluations', () => {
    expect(() => runScore([])).toThrow('runScore: got no evaluations');
    expect(() => runScore(run, 0)).toThrow('last is 0');
  });
});
