import { add, constant, mul, ShapeError, sub } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { repeatForRows } from '@meow-rl/nn';

import type { Bijector } from './bijector.ts';

export interface AdditiveCouplingOptions {
  /** m, one 0 or 1 per action entry; all 0 with one action entry: the state alone shifts it. */
  readonly mask: readonly number[];
  /**
   * t, maps the masked point [rows, size] and the state [states, features] to shifts [rows, size], or to k blocks of
   * them, [k · rows, size]: the point is then repeated for each, as with several dropout masks.
   */
  readonly conditioner: (masked: Tensor, state: Tensor) => Tensor;
}

/**
 * Additive coupling (NICE). The masked entries pass through and decide how far the others move.
 *
 *     forward   a = z + (1 − m) ⊙ t(m ⊙ z, s)
 *     inverse   z = a − (1 − m) ⊙ t(m ⊙ a, s)
 *     log|det|  0, for every state: a linear layer in the sense of EBFlow, so it adds nothing to Q or V
 *
 * @throws ShapeError if the mask is empty or has other entries than 0 and 1
 *
 * Reference: Dinh et al., NICE (2015), section 3.2; MEow, "Practical implementation".
 */
export function additiveCoupling({ mask, conditioner }: AdditiveCouplingOptions): Bijector {
  if (mask.length === 0 || mask.some((m) => m !== 0 && m !== 1))
    throw new ShapeError(
      `additiveCoupling: mask [${mask.join(', ')}] must have one 0 or 1 per action entry.`,
    );
  const keep = constant(mask);
  const move = constant(mask.map((m) => 1 - m));
  const shift = (x: Tensor, state: Tensor): Tensor => {
    if (x.shape.length !== 2 || x.shape[1] !== mask.length)
      throw new ShapeError(
        `additiveCoupling: mask has ${mask.length} entries but the action has ${String(x.shape[1])}. Give one 0 or 1 per action entry.`,
      );
    return mul(move, conditioner(mul(keep, x), state));
  };
  return {
    size: mask.length,
    constantDeterminant: true,
    forward: (z, state) => {
      const t = shift(z, state);
      return { out: add(repeatForRows(z, t), t) };
    },
    inverse: (a, state) => {
      const t = shift(a, state);
      return { out: sub(repeatForRows(a, t), t) };
    },
  };
}

/**
 * The mask of the i-th coupling of a chain: 1, 0, 1, 0, … for even i and its complement for odd i, so that each entry
 * is moved by every second coupling.
 */
export const alternatingMask = (size: number, i: number): readonly number[] =>
  Array.from({ length: size }, (_, entry) => ((entry + i) % 2 === 0 ? 1 : 0));
