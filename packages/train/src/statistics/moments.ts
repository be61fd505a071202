import { checkValues } from './check-values.ts';

/**
 * Arithmetic mean.
 *
 * @throws RangeError without values, or for one that isn't finite
 */
export function mean(values: readonly number[]): number {
  checkValues('mean', values);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Sample standard deviation, `sqrt(Σ (xᵢ − x̄)² / (n − 1))`: what a few seeds say about all seeds.
 *
 * @throws RangeError for fewer than two values: one seed tells nothing of the spread
 */
export function standardDeviation(values: readonly number[]): number {
  checkValues('standardDeviation', values, 2);
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * The value below which a share of the values lies, linear between neighbours in order.
 *
 * @param share in [0, 1]; 0.5 is the median
 * @throws RangeError without values, or for a share outside [0, 1]
 *
 * Reference: Hyndman and Fan, Sample quantiles in statistical packages (1996), type 7; NumPy's default.
 */
export function quantile(values: readonly number[], share: number): number {
  checkValues('quantile', values);
  if (!(share >= 0 && share <= 1)) {
    throw new RangeError(`quantile: share is ${String(share)}, expected a number from 0 to 1.`);
  }
  return quantileOfOrdered(Float64Array.from(values).toSorted(), share);
}

/** {@link quantile} of values that ascend. */
export function quantileOfOrdered(ordered: Float64Array, share: number): number {
  const position = share * (ordered.length - 1);
  const low = Math.floor(position);
  const [below = Number.NaN, above = below] = ordered.subarray(low, low + 2);
  return below + (position - low) * (above - below);
}
