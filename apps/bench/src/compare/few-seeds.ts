import type { ConfidenceInterval } from '@meow-rl/train';

/**
 * Seeds from which on intervals are drawn. With two a bootstrap interval is just the smaller and the larger score, and Student's at 95 % reaches
 * 13 standard errors to either side.
 */
export const LEAST_SEEDS_OF_INTERVAL = 3;

/** The interval of scores of one task, without its ends where there are too few for one. */
export function ofEnoughSeeds(
  interval: ConfidenceInterval,
  ...scores: readonly (readonly number[])[]
): ConfidenceInterval {
  return scores.some(({ length }) => length < LEAST_SEEDS_OF_INTERVAL)
    ? { estimate: interval.estimate, low: null, high: null }
    : interval;
}
