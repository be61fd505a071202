import { createGenerator } from '@meow-rl/random';
import type { Generator } from '@meow-rl/random';

import { allResamples, countResamples } from './all-resamples.ts';
import { checkConfidence } from './check-confidence.ts';
import { checkValues } from './check-values.ts';
import { quantileOfOrdered } from './moments.ts';

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
  /** How many are drawn where there are more different ones than that. An end that hardly moves with the seed takes thousands. Default: 20,000. */
  readonly resamples?: number;
  /** Share of repeated experiments whose interval should hold the truth. Default: 0.95. */
  readonly confidence?: number;
  /** Of the resampling, so that a table comes out the same each time. Default: 0. */
  readonly seed?: number;
}

/**
 * Percentile interval of a statistic from stratified bootstrap resamples: within each stratum, as many scores as it has
 * are drawn with replacement, so that every task keeps its weight. Where there are no more different resamples than are to be drawn (126 of five
 * scores, 6435 of eight), all of them count with their probabilities: the interval is exact then, whatever the seed. Its ends are quantiles of a known distribution, which lie on
 * values or half-way between two; those of drawn resamples are estimated as NumPy's percentiles are, by linear interpolation (types 2 and 7 of Hyndman and Fan).
 *
 * With few seeds such intervals come out too narrow: they are no substitute for seeds. Those of two or three scores at 95 % are the smallest and the
 * largest one. With a stratum of one score there is no interval, and its ends are null.
 *
 * @param statistic of scores in the strata's own shape, whatever the order of a stratum's scores
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
  { resamples = 20_000, confidence = 0.95, seed = 0 }: BootstrapOptions = {},
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
  const quantileOf =
    countResamples(strata) <= resamples
      ? ofAll(strata, statistics)
      : ofDrawn(strata, statistics, { resamples, random: createGenerator(seed) });
  const tail = (1 - confidence) / 2;
  return estimates.map((estimate, i) => {
    const quantile = quantileOf(i);
    return { estimate, low: quantile(tail), high: quantile(1 - tail) };
  });
}

/** The quantiles of the statistic with an index, by their shares. */
type QuantilesOf = (index: number) => (share: number) => number;

function ofDrawn(
  strata: Strata,
  statistics: (scores: Strata) => readonly number[],
  { resamples, random }: { readonly resamples: number; readonly random: Generator },
): QuantilesOf {
  const drawn = Array.from({ length: resamples }, () =>
    statistics(strata.map((scores) => resample(scores, random))),
  );
  return (index) => {
    const values = drawn.map((statistic) => statistic[index] ?? Number.NaN);
    checkValues('bootstrapInterval: statistic of resamples', values);
    const ordered = Float64Array.from(values).toSorted();
    return (share) => quantileOfOrdered(ordered, share);
  };
}

const resample = (scores: readonly number[], random: Generator): number[] =>
  scores.map(() => scores[random.integer(scores.length)] ?? Number.NaN);

/** Sums of probabilities are equal within this. */
const ROUNDING = 1e-12;

function ofAll(strata: Strata, statistics: (scores: Strata) => readonly number[]): QuantilesOf {
  const all = allResamples(strata).map(({ scores, probability }) => ({
    values: statistics(scores),
    probability,
  }));
  return (index) => {
    checkValues(
      'bootstrapInterval: statistic of resamples',
      all.map(({ values }) => values[index] ?? Number.NaN),
    );
    const ordered = all
      .map(({ values, probability }) => ({ value: values[index] ?? Number.NaN, probability }))
      .toSorted((a, b) => a.value - b.value);
    return (share) => {
      // Inverse of the distribution function, with the mean of both sides at its steps: type 2 of Hyndman and Fan.
      let below = 0;
      const reached = ordered.findIndex(({ probability }) => (below += probability) >= share - ROUNDING);
      const { value = Number.NaN } = ordered[reached] ?? {};
      const next = below <= share + ROUNDING ? (ordered[reached + 1]?.value ?? value) : value;
      return (value + next) / 2;
    };
  };
}
