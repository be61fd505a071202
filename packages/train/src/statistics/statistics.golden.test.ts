import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { bootstrapInterval, improvementInterval, interquartileMean, meanInterval } from './index.ts';
import { performanceProfile } from './performance-profile.ts';
import { probabilityOfImprovement } from './probability-of-improvement.ts';
import { studentQuantile } from './student-t.ts';

interface Recorded {
  readonly estimate: number;
  readonly interval: readonly [number, number];
}

/** What rliable and SciPy gave; fixtures/README.md says how. */
const recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/statistics.json', import.meta.url), 'utf8'),
) as {
  readonly scores: Readonly<Record<'x' | 'y', readonly (readonly number[])[]>>;
  readonly studentQuantiles: readonly { degrees: number; share: number; quantile: number }[];
  readonly meanIntervals: readonly {
    values: readonly number[];
    confidence: number;
    interval: readonly [number, number];
  }[];
  readonly iqm: Readonly<Record<'x' | 'y', Recorded>>;
  readonly improvement: Recorded;
  readonly mannWhitney: number;
  readonly thresholds: readonly number[];
  readonly profile: Readonly<
    Record<'x' | 'y', { estimate: readonly number[]; low: readonly number[]; high: readonly number[] }>
  >;
};
const { scores, iqm, improvement, profile, thresholds } = recorded;

/** Two bootstraps with resamples of their own agree to the noise of their ends. */
const RESAMPLES = 20_000;

describe('statistics as rliable and SciPy have them', () => {
  it.each(recorded.studentQuantiles)(
    'Student quantile of $share with $degrees degrees',
    ({ degrees, share, quantile }) => {
      expect(Math.abs(studentQuantile(share, degrees) / (quantile || 1) - (quantile ? 1 : 0))).toBeLessThan(
        1e-9,
      );
    },
  );

  it.each(recorded.meanIntervals)(
    'interval of a mean at $confidence',
    ({ values, confidence, interval: [low, high] }) => {
      const computed = meanInterval(values, confidence);
      expect(computed.low).toBeCloseTo(low, 10);
      expect(computed.high).toBeCloseTo(high, 10);
    },
  );

  it.each(['x', 'y'] as const)('interquartile mean over tasks of %s, stratified', (name) => {
    const computed = bootstrapInterval(scores[name], (tasks) => interquartileMean(tasks.flat()), {
      resamples: RESAMPLES,
    });
    expect(computed.estimate).toBeCloseTo(iqm[name].estimate, 12);
    expect(computed.low).toBeCloseTo(iqm[name].interval[0], 2);
    expect(computed.high).toBeCloseTo(iqm[name].interval[1], 2);
  });

  it('probability of improvement', () => {
    expect(probabilityOfImprovement(scores.x, scores.y)).toBeCloseTo(recorded.mannWhitney, 12);
    const computed = improvementInterval(scores.x, scores.y, { resamples: RESAMPLES });
    expect(computed.estimate).toBeCloseTo(improvement.estimate, 12);
    // Its steps are 1/75.
    expect(Math.abs(Number(computed.low) - improvement.interval[0])).toBeLessThan(1.01 / 75);
    expect(Math.abs(Number(computed.high) - improvement.interval[1])).toBeLessThan(1.01 / 75);
  });

  it.each(['x', 'y'] as const)('performance profile of %s', (name) => {
    const computed = performanceProfile(scores[name], thresholds, { resamples: 4000 });
    for (const [i, { estimate, low, high }] of computed.entries()) {
      expect(estimate).toBeCloseTo(profile[name].estimate[i] ?? Number.NaN, 12);
      // Its steps are 1/15.
      expect(Math.abs(Number(low) - (profile[name].low[i] ?? Number.NaN))).toBeLessThan(1.01 / 15);
      expect(Math.abs(Number(high) - (profile[name].high[i] ?? Number.NaN))).toBeLessThan(1.01 / 15);
    }
  });
});
