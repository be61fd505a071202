import { exp, mul, neg, sum } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { checkWidth, repeatForRows } from '@meow-rl/nn';

import type { Bijector, Mapped } from './bijector.ts';

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
 * @throws ShapeError if a point or what `logScale` gives has another number of entries
 *
 * Reference: MEow, "Practical implementation" (element-wise linear layer).
 */
export function elementwiseScale({ size, logScale }: ElementwiseScaleOptions): Bijector {
  const logScaleOf = (state: Tensor): Tensor => {
    const ofState = logScale(state);
    checkWidth('elementwiseScale: logScale', ofState, size);
    return ofState;
  };
  const scaled = (x: Tensor, factor: Tensor): Mapped => {
    checkWidth('elementwiseScale', x, size);
    return { out: mul(x, repeatForRows(factor, x)) };
  };
  return {
    size,
    constantDeterminant: true,
    fixesOrigin: true,
    forward: (z, state) => scaled(z, exp(logScaleOf(state))),
    inverse: (a, state) => scaled(a, exp(neg(logScaleOf(state)))),
    stateLogDet: (state) => sum(logScaleOf(state), { axes: [1] }),
  };
}
