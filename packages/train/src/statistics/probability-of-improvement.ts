import { bootstrapInterval } from './bootstrap.ts';
import type { BootstrapOptions, ConfidenceInterval, Strata } from './bootstrap.ts';
import { checkValues } from './check-values.ts';
import { mean } from './moments.ts';

/** P(X > Y) of one task: the share of pairs in which x is the larger, ties counting half (Mann-Whitney's U / nm). */
function onOneTask(xs: readonly number[], ys: readonly number[]): number {
  const wins = xs.reduce(
    (total, x) => total + ys.reduce((wins, y) => wins + (x > y ? 1 : x === y ? 0.5 : 0), 0),
    0,
  );
  return wins / (xs.length * ys.length);
}

/**
 * Probability of improvement: how likely a run of X beats a run of Y on a task drawn at random.
 *
 *     P(X > Y) = mean over tasks of #{(i, j): xᵢ > yⱼ} + ½ #{xᵢ = yⱼ}, over n m
 *
 * It says nothing about the size of the difference.
 *
 * @param x scores of algorithm X, a list per task
 * @param y scores of algorithm Y on the same tasks in the same order
 * @throws RangeError if the tasks differ in number, or one has no scores
 *
 * Reference: Agarwal et al. (2021), section 4.3; Mann and Whitney (1947).
 */
export function probabilityOfImprovement(x: Strata, y: Strata): number {
  if (x.length !== y.length || x.length === 0) {
    throw new RangeError(
      `probabilityOfImprovement: got ${x.length} and ${y.length} tasks, expected the same ones, at least 1.`,
    );
  }
  return mean(
    x.map((xs, task) => {
      const ys = y[task] ?? [];
      checkValues(`probabilityOfImprovement: x of task ${task}`, xs);
      checkValues(`probabilityOfImprovement: y of task ${task}`, ys);
      return onOneTask(xs, ys);
    }),
  );
}

/**
 * {@link probabilityOfImprovement} with its stratified bootstrap interval; the runs of X and of Y are resampled
 * independently within each task.
 *
 * @throws RangeError as {@link probabilityOfImprovement} and {@link bootstrapInterval}
 */
export function improvementInterval(
  x: Strata,
  y: Strata,
  options: BootstrapOptions = {},
): ConfidenceInterval {
  return bootstrapInterval(
    [...x, ...y],
    (scores) => probabilityOfImprovement(scores.slice(0, x.length), scores.slice(x.length)),
    options,
  );
}
