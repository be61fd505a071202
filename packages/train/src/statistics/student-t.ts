/**
 * Distribution function of Student's t with a whole number of degrees of freedom, `P(T ≤ t)`: a finite sum.
 *
 * With θ = atan(t / √ν), the share between −t and t is
 *
 *     ν odd    2/π (θ + sin θ (cos θ + 2/3 cos³ θ + … + 2·4…(ν−3) / 3·5…(ν−2) cosᵛ⁻² θ))
 *     ν even   sin θ (1 + 1/2 cos² θ + 1·3/2·4 cos⁴ θ + … + 1·3…(ν−3) / 2·4…(ν−2) cosᵛ⁻² θ)
 *
 * Reference: Abramowitz and Stegun, Handbook of mathematical functions (1964), 26.7.3 and 26.7.4.
 */
function studentDistribution(t: number, degrees: number): number {
  const theta = Math.atan(t / Math.sqrt(degrees));
  const isOdd = degrees % 2 === 1;
  const squared = Math.cos(theta) ** 2;
  let term = isOdd ? Math.cos(theta) : 1;
  let sum = degrees > 1 ? term : 0;
  for (let order = isOdd ? 3 : 2; order < degrees; order += 2) {
    term *= ((order - 1) / order) * squared;
    sum += term;
  }
  const within = Math.sin(theta) * sum;
  return 0.5 + (isOdd ? (theta + within) / Math.PI : within / 2);
}

/**
 * The value below which Student's t lies with a given probability.
 *
 * @param share in [0.5, 1)
 * @param degrees of freedom, a positive integer
 * @throws RangeError for a share or degrees out of range
 */
export function studentQuantile(share: number, degrees: number): number {
  if (!(share >= 0.5 && share < 1))
    throw new RangeError(
      `studentQuantile: share is ${String(share)}, expected a number from 0.5 to below 1.`,
    );
  if (!Number.isSafeInteger(degrees) || degrees < 1)
    throw new RangeError(
      `studentQuantile: degrees is ${String(degrees)}, expected a positive integer: one less than there are values.`,
    );
  let [low, high] = [0, 1];
  while (studentDistribution(high, degrees) < share) high *= 2;
  // Halved to the last bit; the distribution function is increasing.
  for (let middle = high / 2; middle > low && middle < high; middle = (low + high) / 2)
    if (studentDistribution(middle, degrees) < share) low = middle;
    else high = middle;
  return high;
}
