import { mul, square, sum } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

/**
 * A prior p(u) split like the bijectors' log-determinants: `log p(u) = energy(u) − logNormalizer`, so that the energy
 * goes to Q and the normalizer to V. Its mode is the origin.
 */
export interface Prior {
  readonly size: number;
  /** The part of log p that depends on u, [rows]. */
  readonly energy: (u: Tensor) => Tensor;
  /** log ∫ exp(energy(u)) du. */
  readonly logNormalizer: number;
}

/**
 * Standard normal in `size` entries: energy `−½ Σ u²`, log-normalizer `size/2 · log 2π`. With `elementwiseScale` as first
 * layer it is the state-conditioned diagonal Gaussian of MEow.
 */
export const gaussianPrior = (size: number): Prior => ({
  size,
  energy: (u) => mul(-0.5, sum(square(u), { axes: [1] })),
  logNormalizer: 0.5 * size * Math.log(2 * Math.PI),
});
