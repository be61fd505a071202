import { bootstrapIntervals } from './bootstrap.ts';
import type { BootstrapOptions, ConfidenceInterval, Strata } from './bootstrap.ts';
import { checkValues } from './check-values.ts';
import { mean } from './moments.ts';

/**
 * Performance profile: for each threshold τ, the share of runs whose score is above it, with its stratified bootstrap interval.
 *
 *     F(τ) = mean over tasks of #{i: xᵢ > τ} / n
 *
 * Scores of several tasks have to be on one scale. Of two profiles that don't cross, the upper one is better whatever the threshold.
 *
 * @param scores a list per task with one score per run
 * @param thresholds τ, in any order
 * @throws RangeError as `bootstrapInterval`, and for a threshold that isn't finite
 *
 * Reference: Agarwal et al. (2021), section 4.2, score distributions; Dolan and Moré, Benchmarking optimization software with performance
 * profiles (2002).
 */
export function performanceProfile(
  scores: Strata,
  thresholds: readonly number[],
  options: BootstrapOptions = {},
): ConfidenceInterval[] {
  checkValues('performanceProfile: thresholds', thresholds);
  return bootstrapIntervals(
    scores,
    (tasks) => thresholds.map((threshold) => mean(tasks.map((runs) => shareAbove(runs, threshold)))),
    options,
  );
}

const shareAbove = (runs: readonly number[], threshold: number): number =>
  runs.filter((score) => score > threshold).length / runs.length;
