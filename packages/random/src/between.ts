/**
 * Takes `u` from [0, 1) to [low, high], linearly. With 53 bits in `u` rounding never leads beyond `high`.
 *
 * @param low finite
 * @param high finite, at least `low`
 */
export function between(low: number, high: number, u: number): number {
  const width = high - low;
  // Bounds farther apart than the largest float64 have different signs, so neither product nor sum overflows.
  return width === Number.POSITIVE_INFINITY ? low * (1 - u) + high * u : low + width * u;
}
