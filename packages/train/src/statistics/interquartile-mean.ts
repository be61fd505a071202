import { checkValues } from './check-values.ts';
import { mean } from './moments.ts';

/**
 * Interquartile mean: the mean of the middle half, after `⌊n / 4⌋` values are cut off at either end.
 *
 * Less swayed by a single lucky or broken run than the mean, and less wasteful than the median. Nothing is cut of fewer
 * than four values, so the IQM of up to three seeds is their mean, as with `scipy.stats.trim_mean(x, 0.25)`.
 *
 * @throws RangeError without values, or for one that isn't finite
 *
 * Reference: Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice (2021), section 4.3.
 */
export function interquartileMean(values: readonly number[]): number {
  checkValues('interquartileMean', values);
  const cut = Math.floor(values.length / 4);
  return mean(values.toSorted((a, b) => a - b).slice(cut, values.length - cut));
}
