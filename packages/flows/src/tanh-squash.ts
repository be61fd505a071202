import { abs, add, atanh, clip, div, exp, log, mul, neg, square, sub, sum, tanh } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { checkWidth, FARTHEST_LATENT, insideSquash, logSquashSlope } from '@meow-rl/nn';

import type { Bijector } from './bijector.ts';

/** float32's machine epsilon; keeps the logarithm of the Jacobian finite. */
const EPSILON = 2 ** -23;

/**
 * 1 − tanh² z = 4e / (1 + e)² with e = exp(−2|z|): exact where 1 − a² has lost its digits because a is near ±1.
 */
function squareSech(z: Tensor): Tensor {
  const e = exp(mul(-2, abs(z)));
  return div(mul(4, e), square(add(1, e)));
}

/** log(1 − a² + ε) from 1 − a², summed over the entries of an action. */
const logJacobian = (slope: Tensor): Tensor => sum(log(add(slope, EPSILON)), { axes: [1] });

/** Σ log(1 − tanh² z), exact for every z. */
const logDetOfLatent = (z: Tensor): Tensor => sum(logSquashSlope(z), { axes: [1] });

/**
 * Hyperbolic tangent, which brings unbounded values into (−1, 1).
 *
 *     forward   a = tanh z
 *     inverse   z = atanh(clip(a, −1 + 1e-5, 1 − 1e-5))
 *     log|det|  forward Σ log(1 − tanh² z) = Σ 2 (log 2 − z − softplus(−2z)), inverse its negative; it depends on the action
 *               and belongs to Q
 *
 * The forward way is exact for every z. An action nearer to ±1 than the margin has lost the digits that tell its latent: the
 * inverse takes it for one at the margin, and so it does with points beyond ±1, where no action lies: their density is 0, not that
 * of the margin which `logProb` gives.
 *
 * @param size entries of an action
 * @throws ShapeError if a point has another number of entries
 *
 * Reference: Haarnoja et al., Soft Actor-Critic (2018), appendix C.
 */
export const tanhSquash = (size: number): Bijector => ({
  size,
  constantDeterminant: false,
  fixesOrigin: true,
  forward: (z) => {
    checkWidth('tanhSquash', z, size);
    return { out: tanh(z), logDet: logDetOfLatent(z) };
  },
  inverse: (a) => {
    checkWidth('tanhSquash', a, size);
    const z = atanh(insideSquash(a));
    return { out: z, logDet: neg(logDetOfLatent(z)) };
  },
});

/**
 * The same map with the arithmetic of the published implementation: every density is that of the clipped action, also of
 * an action that was sampled beyond the margin.
 *
 *     inverse   z = atanh(clip(a, −1 + 1e-5, 1 − 1e-5))
 *     log|det|  forward Σ log(1 − a² + ε), inverse its negative
 *
 * With mass beyond the margin the density isn't normalized. Use {@link tanhSquash} unless these numbers are wanted.
 *
 * @param size entries of an action
 * @throws ShapeError if a point has another number of entries
 *
 * Reference: Chao et al., MEow (2024), "Practical implementation".
 */
export const clippedTanhSquash = (size: number): Bijector => ({
  size,
  constantDeterminant: false,
  fixesOrigin: true,
  forward: (z) => {
    checkWidth('clippedTanhSquash', z, size);
    return { out: tanh(z), logDet: logJacobian(squareSech(z)) };
  },
  nearest: (z) => clip(z, -FARTHEST_LATENT, FARTHEST_LATENT),
  inverse: (a) => {
    checkWidth('clippedTanhSquash', a, size);
    const inside = insideSquash(a);
    return { out: atanh(inside), logDet: neg(logJacobian(sub(1, square(inside)))) };
  },
});
