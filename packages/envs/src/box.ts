import { between, type Generator } from '@meow-rl/random';

/** A box of real vectors, `low[i] <= x[i] <= high[i]`; a bound may be infinite. */
export interface Box {
  /** The shape that the entries have to a reader; values are flat all the same. */
  readonly shape: readonly number[];
  /** The number of entries, the product of `shape`. */
  readonly size: number;
  /** Lower bounds, one per entry. */
  readonly low: Float64Array;
  /** Upper bounds, one per entry. */
  readonly high: Float64Array;
  /** Whether `value` has `size` entries, none of them NaN and all within the bounds. */
  contains(value: ArrayLike<number>): boolean;
  /**
   * Draws a vector into `out`, by default a new one. As in Gymnasium, an entry is uniform between two finite bounds,
   * a standard exponential away from a single one, and standard normal without any.
   */
  sample(generator: Generator, out?: Float64Array): Float64Array;
  /** Moves every entry of `value` to the nearest number in the box, in place, and returns it. */
  clip<T extends Float32Array | Float64Array>(value: T): T;
  /**
   * Throws unless `value` has `size` finite entries, within the bounds if `inRange` is set.
   *
   * @param where begins the message, for example `MultiGoal-v0: step(action)`
   * @throws RangeError naming the entry
   */
  validate(value: ArrayLike<number>, where: string, options?: { readonly inRange?: boolean }): void;
}

/** Options of {@link box}. */
export interface BoxOptions {
  /** Lower bound: one number for all entries, or one per entry. */
  readonly low: number | ArrayLike<number>;
  /** Upper bound: one number for all entries, or one per entry. */
  readonly high: number | ArrayLike<number>;
  /** Default: `[n]`, n the length of `low` or `high`; required if both are single numbers. */
  readonly shape?: readonly number[];
}

/**
 * The box between `low` and `high`, Gymnasium's `Box` in float64.
 *
 * @throws RangeError if the lengths disagree with the shape, or an entry has no finite number between its bounds
 *
 * Reference: gymnasium.spaces.Box.
 */
export function box({ low, high, shape = impliedShape(low, high) }: BoxOptions): Box {
  if (shape.some((n) => !Number.isInteger(n) || n < 1)) {
    throw new RangeError(`box: shape is [${shape.join(', ')}], expected positive integers.`);
  }
  const size = shape.reduce((product, n) => product * n, 1);
  const lows = bounds('low', low, size);
  const highs = bounds('high', high, size);
  for (let i = 0; i < size; i += 1) {
    const [l, h] = [at(lows, i), at(highs, i)];
    // Written so that NaN fails too.
    if (!(l <= h && l < Number.POSITIVE_INFINITY && h > Number.NEGATIVE_INFINITY))
      throw new RangeError(
        `box: low is ${l} and high ${h} in entry ${i}, expected low <= high with finite numbers between them.`,
      );
  }

  return {
    shape: [...shape],
    size,
    low: lows,
    high: highs,
    contains(value) {
      if (value.length !== size) return false;
      for (let i = 0; i < size; i += 1) {
        const x = at(value, i);
        if (!(x >= at(lows, i) && x <= at(highs, i))) return false;
      }
      return true;
    },
    sample(generator, out = new Float64Array(size)) {
      if (out.length !== size) {
        throw new RangeError(`box: sample got an array of ${out.length} entries to fill, expected ${size}.`);
      }
      for (let i = 0; i < size; i += 1) out[i] = sampleEntry(generator, at(lows, i), at(highs, i));
      return out;
    },
    clip(value) {
      for (let i = 0; i < size; i += 1) {
        value[i] = Math.min(Math.max(at(value, i), at(lows, i)), at(highs, i));
      }
      return value;
    },
    validate(value, where, { inRange = false } = {}) {
      if (value.length !== size) {
        throw new RangeError(
          `${where} got ${value.length} entries, expected ${size}. Give one number per entry of the space.`,
        );
      }
      for (let i = 0; i < size; i += 1) {
        const x = at(value, i);
        if (!Number.isFinite(x)) {
          throw new RangeError(
            `${where} got ${x} in entry ${i}, expected a finite number. Look at what gave it.`,
          );
        }
        if (inRange && !(x >= at(lows, i) && x <= at(highs, i))) {
          throw new RangeError(
            `${where} got ${x} in entry ${i}, expected ${at(lows, i)} to ${at(highs, i)}. ` +
              'Clip or rescale the value to the space.',
          );
        }
      }
    },
  };
}

/** Whether two boxes have the same size and bounds. */
export function sameBox(a: Box, b: Box): boolean {
  return (
    a.size === b.size && a.low.every((x, i) => x === b.low[i]) && a.high.every((x, i) => x === b.high[i])
  );
}

// Lengths are checked before every use, so the fallback only satisfies the compiler; NaN would show if it were ever used.
const at = (values: ArrayLike<number>, i: number) => values[i] ?? Number.NaN;

function impliedShape(low: BoxOptions['low'], high: BoxOptions['high']): readonly number[] {
  if (typeof low !== 'number') return [low.length];
  if (typeof high !== 'number') return [high.length];
  throw new RangeError('box: low and high are single numbers and shape is missing. Give shape, e.g. [2].');
}

function bounds(name: string, given: number | ArrayLike<number>, size: number): Float64Array {
  if (typeof given === 'number') return new Float64Array(size).fill(given);
  if (given.length === size) return Float64Array.from(given);
  throw new RangeError(
    `box: ${name} has ${given.length} entries, expected ${size}. Give one per entry, or a single number for all.`,
  );
}

function sampleEntry(generator: Generator, low: number, high: number): number {
  const [below, above] = [Number.isFinite(low), Number.isFinite(high)];
  if (below && above) return between(low, high, generator.uniform());
  if (below) return low - Math.log(1 - generator.uniform());
  if (above) return high + Math.log(1 - generator.uniform());
  return generator.normal();
}
