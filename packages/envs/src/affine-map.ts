import type { Box } from './box.ts';

/** Maps rows of `space.size` numbers into `out`, by default a new array of the same length. */
export type AffineMap = (values: ArrayLike<number>, out?: Float64Array) => Float64Array;

/**
 * The linear map from [low, high] in every entry to the bounds of a space with finite ones.
 *
 *     t = (a - low) / (high - low),   (1 - t) · space.low + t · space.high
 *
 * The ends map to the ends without rounding. Between two bounds that are equal, every finite number is mapped to that bound. What
 * isn't finite stays as it is, for whoever checks.
 *
 * @param low  default -1
 * @param high default 1, above `low`
 */
export function affineMap(space: Box, low = -1, high = 1): AffineMap {
  const { low: lowest, high: highest, size } = space;
  return (values, out = new Float64Array(values.length)) => {
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i] ?? Number.NaN;
      const [from = Number.NaN, to = Number.NaN] = [lowest[i % size], highest[i % size]];
      const t = (value - low) / (high - low);
      if (!Number.isFinite(value)) out[i] = value;
      // Rounding would make more than one number of it.
      else out[i] = from === to ? from : (1 - t) * from + t * to;
    }
    return out;
  };
}
