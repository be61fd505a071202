import type { ConfidenceInterval } from './bootstrap.ts';
import { checkConfidence } from './check-confidence.ts';
import { mean, standardDeviation } from './moments.ts';
import { studentQuantile } from './student-t.ts';

/**
 * Mean with the interval of Student's t, `x̄ ± t s / √n`: for a handful of seeds wider, and nearer to what it promises, than a bootstrap of the
 * mean or the normal's 1.96. It takes the scores for normally distributed.
 *
 * One value has no interval: its ends are null.
 *
 * @param confidence share of repeated experiments whose interval should hold the truth; default 0.95
 * @throws RangeError without values, for one that isn't finite, or a confidence out of range
 *
 * Reference: Student, The probable error of a mean (1908).
 */
export function meanInterval(values: readonly number[], confidence = 0.95): ConfidenceInterval {
  checkConfidence('meanInterval', confidence);
  const estimate = mean(values);
  if (values.length < 2) return { estimate, low: null, high: null };
  const half =
    (studentQuantile((1 + confidence) / 2, values.length - 1) * standardDeviation(values)) /
    Math.sqrt(values.length);
  return { estimate, low: estimate - half, high: estimate + half };
}
