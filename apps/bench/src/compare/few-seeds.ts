import type { ConfidenceInterval } from '@meow-rl/train';

/**
 * Seeds from which on bootstrap intervals of one task are shown: that of two is the two of them. Student's reaches 13 standard errors to either side
 * then, so that curves and shares go without it too.
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
