import { add, mul, sub, tanh } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

import type { CouplingTransform } from '../coupling.ts';

/**
 * Shift: the coupling that has it is additive, with log|det| 0 for every state. It is a linear layer in the sense of EBFlow
 * and adds nothing to Q or V.
 *
 *     a = z + t,   z = a − t,   t the conditioner's output
 *
 * Reference: Dinh et al., NICE (2015), section 3.2; MEow, "Practical implementation".
 */
export const shift: CouplingTransform = {
  outputs: (size) => size,
  slope: 'one',
  forward: (z, raw, moved) => ({ out: add(z, mul(moved, raw)) }),
  inverse: (a, raw, moved) => ({ out: sub(a, mul(moved, raw)) }),
};

/**
 * As {@link shift}, by no more than a bound: `t = bound · tanh(raw / bound)`.
 *
 * @throws RangeError unless the bound is from 1e-30 to 1e30: beyond, it or its inverse leaves 32-bit floats
 */
export function boundedShift(bound: number): CouplingTransform {
  if (!(bound >= 1e-30 && bound <= 1e30))
    throw new RangeError(
      `boundedShift: the bound is ${bound}, expected a number from 1e-30 to 1e30. Use shift for none.`,
    );
  const bounded = (raw: Tensor, moved: Tensor): Tensor =>
    // The mask times the bound is a constant.
    mul(mul(bound, moved), tanh(mul(1 / bound, raw)));
  return {
    ...shift,
    forward: (z, raw, moved) => ({ out: add(z, bounded(raw, moved)) }),
    inverse: (a, raw, moved) => ({ out: sub(a, bounded(raw, moved)) }),
  };
}
