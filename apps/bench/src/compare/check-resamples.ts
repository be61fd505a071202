import { UsageError } from '../cli/errors.ts';

/** Resamples beyond an interval's ends, both together: with fewer an end is the luck of a few draws. */
const BEYOND_ENDS = 20;

/**
 * Throws for resamples of which too few lie beyond the ends of an interval.
 *
 * @throws UsageError with how many it takes
 */
export function checkResamples({
  resamples,
  confidence,
}: {
  readonly resamples: number;
  readonly confidence: number;
}): void {
  const least = Math.ceil(BEYOND_ENDS / (1 - confidence) - 1e-6);
  if (resamples >= least) return;
  throw new UsageError(
    `${resamples} resamples are too few for the ends of an interval that covers ${confidence}`,
    `Give at least --resamples ${least}.`,
  );
}
