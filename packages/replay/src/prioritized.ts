import type { Generator } from '@meow-rl/random';

import { checkPositive, checkWithin } from './check-options.ts';
import { sumTree } from './sum-tree.ts';

/** A linear course of β: `from` at the first batch, `to` from batch number `over` on. */
export interface BetaSchedule {
  readonly from: number;
  readonly to: number;
  /** Batches drawn until `to` is reached. */
  readonly over: number;
}

/** How transitions are prioritized. */
export interface PrioritizedOptions {
  /** α in [0, 1], how much priorities count; 0 draws uniformly. Default: 0.6, as in the paper. */
  readonly alpha?: number;
  /**
   * β in [0, 1], how much of the bias the importance weights undo, or its course over the batches drawn. Default: 0.4,
   * the paper's start; its course to 1 by the end of training is `{ from: 0.4, to: 1, over: updates }`.
   */
  readonly beta?: number | BetaSchedule;
  /** ε above 0, added to every |TD error| so that no transition is lost. Default: 1e-6; the paper says only "small". */
  readonly epsilon?: number;
}

/** The priorities of a buffer as they are saved. */
export interface SavedPriorities {
  readonly alpha: number;
  /** [size], p^α of every transition held, oldest first. */
  readonly values: Float32Array;
  /** The largest p^α there has been: that of new transitions. */
  readonly largest: number;
  /** Batches drawn, which β goes by. */
  readonly batches: number;
}

/** Draws rows of a ring in proportion to their priorities. */
export interface Priorities {
  readonly alpha: number;
  /** Gives a row that has just been written the largest priority there has been, so that it is soon drawn. */
  enter(row: number): void;
  /** Draws `rows.length` rows, one from each of as many equal parts of the total priority. */
  draw(rows: Int32Array, generator: Generator): void;
  /** Importance weights of rows drawn. */
  weigh(rows: Int32Array, into: Float32Array): void;
  /** Sets a row's priority to that of a |TD error|. */
  update(row: number, error: number): void;
  /** The state, with the values of the `size` rows from `oldest` on. */
  state(oldest: number, size: number): SavedPriorities;
  restore(saved: SavedPriorities, oldest: number): void;
  /** As at the beginning: no row has a priority. */
  clear(): void;
}

const SMALLEST_EPSILON = 1e-30;

/**
 * Proportional prioritization:
 *
 *     priority      p_i = |δ_i| + ε, the largest so far for a transition not yet learned from
 *     probability   P(i) = p_i^α / Σ_k p_k^α, drawn by strata: point j of n is uniform in [j, j + 1) / n of the total
 *     weight        w_i = (N P(i))^−β / max_j (N P(j))^−β = (p_min^α / p_i^α)^β, the maximum over the batch
 *
 * p^α is kept rounded to float32, which is what a checkpoint holds; all sums are in float64.
 *
 * @throws RangeError if an option is out of range
 *
 * Reference: Schaul et al., Prioritized experience replay (2016), algorithm 1 and appendix B.2.1.
 */
export function priorities(
  capacity: number,
  { alpha = 0.6, beta = 0.4, epsilon = 1e-6 }: PrioritizedOptions,
): Priorities {
  const course: BetaSchedule = typeof beta === 'number' ? { from: beta, to: beta, over: 1 } : beta;
  checkWithin('prioritized.alpha', alpha, 0, 1);
  checkWithin(typeof beta === 'number' ? 'prioritized.beta' : 'prioritized.beta.from', course.from, 0, 1);
  checkWithin('prioritized.beta.to', course.to, 0, 1);
  checkPositive(`prioritized.beta.over is ${String(course.over)}`, course.over);
  checkWithin('prioritized.epsilon', epsilon, SMALLEST_EPSILON, 1);

  const tree = sumTree(capacity);
  let largest = 1;
  let batches = 0;

  return {
    alpha,
    enter: (row) => tree.set(row, largest),
    draw(rows, generator) {
      const part = tree.total / rows.length;
      for (let j = 0; j < rows.length; j += 1) rows[j] = tree.find((j + generator.uniform()) * part);
      batches += 1;
    },
    weigh(rows, into) {
      const progress = Math.min(1, (batches - 1) / course.over);
      const exponent = course.from + (course.to - course.from) * progress;
      let least = Number.POSITIVE_INFINITY;
      for (const row of rows) least = Math.min(least, tree.get(row));
      for (const [i, row] of rows.entries()) into[i] = (least / tree.get(row)) ** exponent;
    },
    update(row, error) {
      const value = Math.fround((error + epsilon) ** alpha);
      largest = Math.max(largest, value);
      tree.set(row, value);
    },
    state(oldest, size) {
      const values = new Float32Array(size);
      const row = oldest % capacity;
      const untilEnd = Math.min(size, capacity - row);
      values.set(tree.leaves(row, row + untilEnd), 0);
      values.set(tree.leaves(0, size - untilEnd), untilEnd);
      return { alpha, values, largest, batches };
    },
    restore(saved, oldest) {
      const leaves = new Float64Array(capacity);
      for (const [i, value] of saved.values.entries()) leaves[(oldest + i) % capacity] = value;
      tree.setAll(leaves);
      ({ largest, batches } = saved);
    },
    clear() {
      tree.setAll([]);
      [largest, batches] = [1, 0];
    },
  };
}

/**
 * Throws unless there is one |TD error| per index, every index is of a transition that has been added, and every error
 * is a finite number of at least 0.
 */
export function checkErrors(indices: ArrayLike<number>, errors: ArrayLike<number>, added: number): void {
  if (indices.length !== errors.length) {
    throw new RangeError(
      `replay: updatePriorities got ${errors.length} TD errors, expected ${indices.length}, one per index.`,
    );
  }
  for (let i = 0; i < indices.length; i += 1) {
    const index = indices[i] ?? Number.NaN;
    if (!(Number.isInteger(index) && index >= 0 && index < added)) {
      throw new RangeError(
        `replay: updatePriorities got index ${index} in entry ${i}, expected an integer from 0 to ${added - 1}. ` +
          'Give the indices of the batch that the errors are of.',
      );
    }
    const error = errors[i] ?? Number.NaN;
    if (!(Number.isFinite(Math.fround(error)) && error >= 0)) {
      throw new RangeError(
        `replay: updatePriorities got TD error ${error} in entry ${i}, expected a finite number of at least 0. ` +
          'Give |TD error|; where it is NaN or infinite, training has diverged.',
      );
    }
  }
}
