import { createGenerator } from '@meow-rl/random';
import type { Generator } from '@meow-rl/random';

import { checkConfidence } from './check-confidence.ts';
import { checkValues } from './check-values.ts';
import { quantile } from './moments.ts';

/** Scores by stratum: a list per task with one score per seed. The lists may differ in length. */
export type Strata = readonly (readonly number[])[];

/**
 * A statistic with the interval that holds it in a share of repeated experiments. Both ends are null where there is none: one
 * score says nothing of how far others would lie from it.
 */
export type ConfidenceInterval = {
  /** The statistic of the scores themselves. */
  readonly estimate: number;
} & ({ readonly low: number; readonly high: number } | { readonly low: null; readonly high: null });

/** Options of {@link bootstrapInterval}. */
export interface BootstrapOptions {
  /** Default: 2000. */
  readonly resamples?: number;
  /** Share of repeated experiments whose interval should hold the truth. Default: 0.95. */
  readonly confidence?: number;
  /** Of the resampling, so that a table comes out the same each time. Default: 0. */
  readonly seed?: number;
}

/**
 * Percentile interval of a statistic from stratified bootstrap resamples: within each stratum, as many scores as it has
 * are drawn with replacement, so that every task keeps its weight.
 *
 * With few seeds such intervals come out too narrow: they are no substitute for seeds. With a stratum of one score there is no
 * interval, and its ends are null.
 *
 * @param statistic of scores in the strata's own shape
 * @throws RangeError for an empty stratum, a score that isn't finite, or an option out of range
 *
 * Reference: Agarwal et al. (2021), section 4.1; Efron and Tibshirani, An introduction to the bootstrap (1993), chapter 13.
 */
export function bootstrapInterval(
  strata: Strata,
  statistic: (scores: Strata) => number,
  options: BootstrapOptions = {},
): ConfidenceInterval {
  const [interval] = bootstrapIntervals(strata, (scores) => [statistic(scores)], options);
  if (!interval) throw new TypeError('bootstrapInterval: got no interval.');
  return interval;
}

/** {@link bootstrapInterval} of several statistics, all of the same resamples. */
export function bootstrapIntervals(
  strata: Strata,
  statistics: (scores: Strata) => readonly number[],
  { resamples = 2000, confidence = 0.95, seed = 0 }: BootstrapOptions = {},
): ConfidenceInterval[] {
  if (strata.length === 0) throw new RangeError('bootstrapInterval: got no strata, expected one per task.');
  for (const [i, scores] of strata.entries()) checkValues(`bootstrapInterval: stratum ${i}`, scores);
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new RangeError(
      `bootstrapInterval: resamples is ${String(resamples)}, expected a positive integer.`,
    );
  }
  checkConfidence('bootstrapInterval', confidence);
  const estimates = statistics(strata);
  if (strata.some(({ length }) => length < 2))
    return estimates.map((estimate) => ({ estimate, low: null, high: null }));
  const random = createGenerator(seed);
  const drawn = Array.from({ length: resamples }, () =>
    statistics(strata.map((scores) => resample(scores, random))),
  );
  const tail = (1 - confidence) / 2;
  return estimates.map((estimate, i) => {
    const values = drawn.map((statistic) => statistic[i] ?? Number.NaN);
    return { estimate, low: quantile(values, tail), high: quantile(values, 1 - tail) };
  });
}

const resample = (scores: readonly number[], random: Generator): number[] =>
  scores.map(() => scores[random.integer(scores.length)] ?? Number.NaN);
