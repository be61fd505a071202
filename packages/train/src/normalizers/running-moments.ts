/** What moments are saved as: plain JSON, of which doubles come back without loss. */
export interface MomentsState {
  /** Rows seen. */
  readonly count: number;
  /** [size] */
  readonly mean: readonly number[];
  /** [size], sums of squared deviations from the mean. */
  readonly squares: readonly number[];
}

/** Mean and variance of each entry of a stream of rows, in float64. */
export interface RunningMoments {
  readonly size: number;
  /** Rows seen. */
  readonly count: number;
  /** [size], zeros before the first row; a copy. */
  mean(): Float64Array;
  /** [size], divided by the number of rows; zeros before the first row. */
  variance(): Float64Array;
  /**
   * Takes rows.
   *
   * @param rows [n, size]
   * @throws RangeError if the length is no multiple of `size` or an entry isn't finite; nothing is then taken
   */
  add(rows: ArrayLike<number>): void;
  /**
   * Takes all rows that other moments have seen, as from a parallel worker.
   *
   * @throws RangeError for another size
   */
  merge(other: MomentsState): void;
  state(): MomentsState;
  /** @throws RangeError unless it is a state of this size */
  restore(state: MomentsState): void;
}

/**
 * Moments of nothing yet.
 *
 * Batches are merged by the pairwise formula, a row being a batch of one (Welford), with δ the difference of the means:
 *
 *     mean ← mean + δ n_b / n,   M₂ ← M₂ + M₂_b + δ² n_a n_b / n,   n = n_a + n_b
 *
 * @throws RangeError unless `size` is a positive integer
 *
 * Reference: Chan, Golub, LeVeque, Updating formulae and a pairwise algorithm for computing sample variances (1979).
 */
export function runningMoments(size: number): RunningMoments {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`runningMoments: size is ${String(size)}, expected a positive integer.`);
  }
  let count = 0;
  const mean = new Float64Array(size);
  const squares = new Float64Array(size);

  const merge = (other: MomentsState) => {
    const total = count + other.count;
    if (total === 0) return;
    for (let i = 0; i < size; i += 1) {
      const delta = at(other.mean, i) - at(mean, i);
      mean[i] = at(mean, i) + (delta * other.count) / total;
      squares[i] = at(squares, i) + at(other.squares, i) + (delta * delta * count * other.count) / total;
    }
    count = total;
  };

  return {
    size,
    get count() {
      return count;
    },
    mean: () => mean.slice(),
    variance: () => squares.map((sum) => (count > 0 ? sum / count : 0)),
    add(rows) {
      checkRows(rows, size);
      for (let row = 0; row < rows.length; row += size) {
        count += 1;
        for (let i = 0; i < size; i += 1) {
          const x = at(rows, row + i);
          const before = x - at(mean, i);
          const moved = at(mean, i) + before / count;
          mean[i] = moved;
          squares[i] = at(squares, i) + before * (x - moved);
        }
      }
    },
    merge(other) {
      checkState('merge', other, size);
      merge(other);
    },
    state: () => ({ count, mean: [...mean], squares: [...squares] }),
    restore(state) {
      checkState('restore', state, size);
      count = state.count;
      mean.set(state.mean);
      squares.set(state.squares);
    },
  };
}

const at = (values: ArrayLike<number>, i: number): number => values[i] ?? Number.NaN;

function checkRows(rows: ArrayLike<number>, size: number): void {
  if (rows.length % size !== 0) {
    throw new RangeError(
      `runningMoments: add got ${rows.length} entries, expected a multiple of ${size}. Give whole rows.`,
    );
  }
  for (let i = 0; i < rows.length; i += 1) {
    if (Number.isFinite(at(rows, i))) continue;
    throw new RangeError(
      `runningMoments: entry ${i % size} of row ${Math.floor(i / size)} is ${at(rows, i)}, expected a finite number. ` +
        'It would spoil the statistics for good; find out which environment gave it.',
    );
  }
}

function checkState(where: string, { count, mean, squares }: MomentsState, size: number): void {
  const fits =
    Number.isSafeInteger(count) &&
    count >= 0 &&
    [mean, squares].every((values) => values.length === size && values.every(Number.isFinite)) &&
    squares.every((sum) => sum >= 0);
  if (fits) return;
  throw new RangeError(
    `runningMoments: ${where} got moments of ${mean.length} entries over ${String(count)} rows, expected finite ones of ` +
      `${size} entries. Give what state() of moments of that size returned.`,
  );
}
