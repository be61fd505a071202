import { add, mul, sub } from '@meow-rl/graph';

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
