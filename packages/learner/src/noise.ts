import type { DType } from '@meow-rl/graph';
import type { Generator } from '@meow-rl/random';

/** Room for noise: floats, or whole numbers. */
export type NoiseArray = Float32Array | Int32Array;

/** Noise of a stage: what an update draws before it runs. */
export interface Noise {
  /** What threads that share a batch have of it: that of their `rows`, all of it (`whole`), or something that is drawn for `each`. */
  readonly sharing: 'rows' | 'whole' | 'each';
  /** How programs read it. */
  readonly dtype: DType;
  shape(rows: number): readonly number[];
  fill(array: NoiseArray, random: Generator): void;
}

const floats = (
  columns: readonly number[],
  fill: (array: Float32Array, random: Generator) => void,
): Noise => ({
  sharing: 'rows',
  dtype: 'float32',
  shape: (rows) => [rows, ...columns],
  fill: (array, random) => {
    if (array instanceof Float32Array) fill(array, random);
  },
});

/** Standard normal numbers, [rows, …columns]. */
export const normal = (...columns: readonly number[]): Noise =>
  floats(columns, (array, random) => random.fillNormal(array));

/** Numbers uniform in [low, high), [rows, …columns]. */
export const uniform = (low: number, high: number, ...columns: readonly number[]): Noise =>
  floats(columns, (array, random) => random.fillUniform(array, low, high));

/** The numbers from 0 up to, not including, `length` in random order, int64 [length]. */
export const permutation = (length: number): Noise => ({
  sharing: 'whole',
  dtype: 'int64',
  shape: () => [length],
  // Fisher and Yates.
  fill: (array, random) => {
    for (let i = 0; i < length; i += 1) array[i] = i;
    for (let last = length - 1; last > 0; last -= 1) {
      const other = random.integer(last + 1);
      const value = array[last] ?? 0;
      array[last] = array[other] ?? 0;
      array[other] = value;
    }
  },
});

/** Whole numbers from 0 up to, not including, `end`, int64 [count]; others for each thread. */
export const integers = (count: number, end: number): Noise => ({
  sharing: 'each',
  dtype: 'int64',
  shape: () => [count],
  fill: (array, random) => {
    if (array instanceof Int32Array && count > 0) random.fillIntegers(array, end);
  },
});
