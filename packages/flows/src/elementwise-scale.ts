import { exp, mul, neg, sum } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

import type { Bijector } from './bijector.ts';
import { repeatForRows } from './rows.ts';

export interface ElementwiseScaleOptions {
  /** Entries of an action. */
  readonly size: number;
  /** log σ, maps the state [states, features] to [states, size]. */
  readonly logScale: (state: Tensor) => Tensor;
}

/**
 * Element-wise linear layer whose scale the state decides. Behind a standard normal prior it is the prior's deviation.
 *
 *     forward   a = σ(s) ⊙ z
 *     inverse   z = a ⊙ exp(−log σ(s))
 *     log|det|  Σ log σ(s), of the state alone: it belongs to V
 *
 * Reference: MEow, "Practical implementation" (element-wise linear layer).
 */
export function elementwiseScale({ size, logScale }: ElementwiseScaleOptions): Bijector {
  return {
    size,
    constantJacobian: true,
    fixesOrigin: true,
    forward: (z, state) => ({ out: mul(z, repeatForRows(exp(logScale(state)), z)) }),
    inverse: (a, state) => ({ out: mul(a, repeatForRows(exp(neg(logScale(state))), a)) }),
    stateLogDet: (state) => sum(logScale(state), { axes: [1] }),
  };
}
