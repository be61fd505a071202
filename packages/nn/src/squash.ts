import { clip, mul, softplus, sub } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

/** How far from ±1 squashed actions are kept, so that atanh stays finite. */
export const SQUASH_MARGIN = 1e-5;

/** The latent of an action at the margin, `atanh(1 − SQUASH_MARGIN)`, about 6.1: clipped actions come from none beyond. */
export const FARTHEST_LATENT = Math.atanh(1 - SQUASH_MARGIN);

/** Actions, moved inside ±(1 − `SQUASH_MARGIN`). */
export const insideSquash = (action: Tensor): Tensor => clip(action, -1 + SQUASH_MARGIN, 1 - SQUASH_MARGIN);

/** log(1 − tanh² z) of each entry, exact for every z: `2 (log 2 − z − softplus(−2z))`. */
export const logSquashSlope = (latent: Tensor): Tensor =>
  mul(2, sub(sub(Math.LN2, latent), softplus(mul(-2, latent))));
