import { UsageError } from '../cli/errors.ts';

/** How many resamples an interval is drawn from. */
export interface Resampling {
  readonly resamples: number;
  /** Share that the interval covers. */
  readonly confidence: number;
}

/** Resamples beyond an interval's ends, both together: with fewer an end is the luck of a few draws. */
const BEYOND_ENDS = 20;

/** The fewest from which an interval's ends are more than luck. */
const leastResamples = (confidence: number): number => Math.ceil(BEYOND_ENDS / (1 - confidence) - 1e-6);

/**
 * Throws for resamples of which too few lie beyond the ends of an interval.
 *
 * @throws UsageError with how many it takes
 */
export function checkResamples({ resamples, confidence }: Resampling): void {
  const least = leastResamples(confidence);
  if (resamples >= least) return;
  throw new UsageError(
    `${resamples} resamples are too few for the ends of an interval that covers ${confidence}`,
    `Give at least --resamples ${least}.`,
  );
}

/** Bands have many intervals, which are drawn and not told: up to seven seeds they are exact all the same. */
const RESAMPLES_OF_BANDS = 2000;

/** Resamples behind each interval of a curve's or a profile's band: no more than they need. */
export const resamplesOfBands = ({ resamples, confidence }: Resampling): number =>
  Math.min(resamples, Math.max(RESAMPLES_OF_BANDS, leastResamples(confidence)));
