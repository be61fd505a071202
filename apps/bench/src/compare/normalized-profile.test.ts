import { describe, expect, it } from 'vitest';

import { normalizedProfile } from './normalized-profile.ts';

const of = (environment: string, scores: Record<string, readonly number[]>) => ({
  environment,
  scores: new Map(Object.entries(scores)),
});

const OPTIONS = { resamples: 2000, confidence: 0.95 };

describe('normalizedProfile', () => {
  it('divides returns by the best mean of each environment', () => {
    const profile = normalizedProfile(
      ['a', 'b'],
      [of('X', { a: [80, 120], b: [50, 50] }), of('Y', { a: [1, 1], b: [4, 4] })],
      { resamples: 10, confidence: 0.95 },
    );
    expect(profile?.scales).toEqual([
      { environment: 'X', scale: 100 },
      { environment: 'Y', scale: 4 },
    ]);
    const thresholds = profile?.thresholds ?? [];
    expect([thresholds[0], thresholds.at(-1), thresholds.length]).toEqual([0, 1.2, 101]);
    const shareAt = (label: string, threshold: number) => {
      const near = thresholds.findIndex((value) => value >= threshold);
      return profile?.groups.find((group) => group.label === label)?.shares[near]?.estimate;
    };
    // a has 0.8 and 1.2 on X, 0.25 twice on Y.
    expect([shareAt('a', 0.1), shareAt('a', 0.5), shareAt('a', 0.9), shareAt('a', 1.2)]).toEqual([
      1, 0.5, 0.25, 0,
    ]);
    // Over all of 0.8, 1.2, 0.25, 0.25; in each resample both runs of Y are 0.25.
    const [a] = profile?.groups ?? [];
    expect(a?.iqm.estimate).toBeCloseTo((0.25 + 0.8) / 2, 12);
    expect(a?.iqm.low).toBeGreaterThanOrEqual((0.25 + 0.8) / 2);
    expect(a?.iqm.high).toBeLessThanOrEqual((0.25 + 1.2) / 2);
    expect([shareAt('b', 0.1), shareAt('b', 0.7), shareAt('b', 1.1)]).toEqual([1, 0.5, 0]);
  });

  it('leaves out environments that some label lacks, and those whose best mean is not above 0', () => {
    const shared = of('X', { a: [1], b: [2] });
    const profile = normalizedProfile(
      ['a', 'b'],
      [shared, of('Y', { a: [9] }), of('Z', { a: [-1], b: [-2] })],
      OPTIONS,
    );
    expect(profile?.scales).toEqual([{ environment: 'X', scale: 2 }]);
    expect(profile?.leftOut).toEqual([
      { environment: 'Y', reason: 'no runs of b' },
      { environment: 'Z', reason: 'its best mean, -1.00, is not above 0' },
    ]);
    expect(profile?.groups[0]?.shares[0]).toEqual({ estimate: 1, low: null, high: null });
  });

  it('is none of one label, or without a shared environment', () => {
    expect(normalizedProfile(['a'], [of('X', { a: [1] })], OPTIONS)).toBeUndefined();
    expect(normalizedProfile(['a', 'b'], [of('X', { a: [1] })], OPTIONS)).toBeUndefined();
  });
});
