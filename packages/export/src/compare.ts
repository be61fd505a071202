import { PolicyFileError } from './errors.ts';

/** By what measure one number of a file and of its agent are compared. */
export interface Measure {
  /** What a difference is divided by. */
  readonly scale: number;
  /** The largest quotient allowed. */
  readonly allowed: number;
}

/** What {@link differenceOf} compares. */
export interface Comparison {
  /** Names the file in messages. */
  readonly file: string;
  /** Names the output in messages. */
  readonly output: string;
  /** [rows, width] of the file and of the agent. */
  readonly actual: ArrayLike<number>;
  readonly expected: ArrayLike<number>;
  readonly width: number;
  readonly measure: (expected: number, entry: number, row: number) => Measure;
  /** Ends the message. */
  readonly advice: string;
}

/** How far a file and its agent are apart, by the measure. */
export interface Difference {
  readonly largest: number;
  readonly mean: number;
}

/**
 * The largest and the mean difference of a file and its agent.
 *
 * @throws PolicyFileError if one is larger than allowed, naming the worst, or if the agent itself gives no finite number
 */
export function differenceOf(comparison: Comparison): Difference {
  const { file, output, actual, expected, width, measure, advice } = comparison;
  let largest = 0;
  let total = 0;
  let worst = { excess: 1, index: -1 };
  for (let index = 0; index < expected.length; index++) {
    const value = expected[index] ?? Number.NaN;
    const where = `entry ${index % width} of row ${Math.floor(index / width)}`;
    if (!Number.isFinite(value))
      throw new PolicyFileError(
        `verify: the agent's own ${output} is ${value} in ${where}, so there is nothing to compare ${file} with. The agent has diverged, or cannot take that observation.`,
      );
    const { scale, allowed } = measure(value, index % width, Math.floor(index / width));
    const error = Math.abs((actual[index] ?? Number.NaN) - value) / scale;
    // Written so that NaN is the worst of all.
    const excess = error / allowed;
    if (!(excess <= worst.excess)) worst = { excess: Number.isNaN(excess) ? Infinity : excess, index };
    largest = Math.max(largest, error);
    total += error;
  }
  if (worst.index < 0) return { largest, mean: total / Math.max(1, expected.length) };
  const value = expected[worst.index] ?? Number.NaN;
  const { scale, allowed } = measure(value, worst.index % width, Math.floor(worst.index / width));
  const error = Math.abs((actual[worst.index] ?? Number.NaN) - value) / scale;
  throw new PolicyFileError(
    `verify: ${file} and the agent differ by ${error} in ${output}, allowed is ${allowed}: it gives ${actual[worst.index]} instead of ${value} in entry ${worst.index % width} of row ${Math.floor(worst.index / width)}. The file is not kept. ${advice}`,
  );
}
