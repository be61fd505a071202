/** Points over the open square (−1, 1)^size with what each weighs in an integral, as logarithm. */
export interface Quadrature {
  readonly points: readonly (readonly number[])[];
  readonly logWeights: readonly number[];
}

/**
 * Quadrature over (−1, 1)^size by the trapezoidal rule in z = atanh(a): `∫ f(a) da = ∫ f(tanh z) Π (1 − tanh² z) dz`. For
 * what decays towards ±`bound` it converges faster than any power of the number of points.
 */
export function squareQuadrature(size: number, perAxis: number, bound = 6): Quadrature {
  const step = (2 * bound) / (perAxis - 1);
  const latents = Array.from({ length: perAxis }, (_, i) => i * step - bound);
  let grid: number[][] = [[]];
  for (let axis = 0; axis < size; axis++) grid = grid.flatMap((point) => latents.map((z) => point.concat(z)));
  return {
    points: grid.map((point) => point.map(Math.tanh)),
    logWeights: grid.map((point) =>
      point.reduce((total, z) => total + Math.log(step) - 2 * Math.log(Math.cosh(z)), 0),
    ),
  };
}

/** log ∫ exp(logDensity) over the square, from its values at the points. */
export function logIntegral({ logWeights }: Quadrature, logDensities: readonly number[]): number {
  const terms = logWeights.map((weight, i) => weight + (logDensities[i] ?? Number.NaN));
  const peak = Math.max(...terms);
  return peak + Math.log(terms.reduce((total, term) => total + Math.exp(term - peak), 0));
}
