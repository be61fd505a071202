import {
  concat,
  constant,
  formatShape,
  mul,
  reshape,
  ShapeError,
  slice,
  staticSize,
  window,
} from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import type { Generator } from '@meow-rl/random';

import type { Activate } from './activation.ts';

/**
 * Drops units of a hidden layer: gives what `activate` makes of the layer, perhaps with factors for its results.
 *
 * @param before the layer before its activation, [rows, units]
 */
export type Dropout = (before: Tensor, activate: Activate) => Tensor;

/** How often the largest window fits. Windows may overlap: shifted against each other they are different masks. */
const BANK_OVER_WINDOW = 16;

/** Offsets into the bank for a largest activation of some elements are whole numbers from 0 up to, not including, this. */
export const dropoutOffsets = (largest: number): number => largest * BANK_OVER_WINDOW - largest + 1;

/**
 * Dropout whose randomness comes from outside: a constant bank of masks, of which each layer takes a window at an offset
 * that the host draws for each update.
 *
 * An entry is 0 with probability `rate` and else 1 / (1 − rate), so that expectations are kept.
 */
export interface DropoutBank {
  /** Offsets are whole numbers from 0 up to, not including, this. */
  readonly offsets: number;
  /**
   * Makes the function that drops: each use takes the next of the offsets, int64 [uses].
   *
   * Activations of fewer rows than `rows` are repeated first, so that each copy gets a mask of its own. What comes before
   * the first use is then computed once for all copies.
   */
  readonly masks: (offsets: Tensor, rows?: number) => Dropout;
}

/**
 * @param rate share of entries dropped, in [0, 1)
 * @param largest elements of the largest activation that is dropped from
 * @param random draws the bank's content
 *
 * Reference: Srivastava et al., Dropout (2014), section 4.
 */
export function dropoutBank(rate: number, largest: number, random: Generator): DropoutBank {
  const length = largest * BANK_OVER_WINDOW;
  const keep = 1 / (1 - rate);
  const bank = constant(Float32Array.from({ length }, () => (random.uniform() < rate ? 0 : keep)));
  return {
    offsets: dropoutOffsets(largest),
    masks: (offsets, rows) => {
      let used = 0;
      return (before, activate) => {
        const copies = rows === undefined ? 1 : rows / staticSize(before.shape.slice(0, 1));
        const shape = [copies * Number(before.shape[0]), ...before.shape.slice(1)];
        // Most of its offsets would fit all the same: only some updates would fail.
        if (staticSize(shape) > largest)
          throw new ShapeError(
            `dropoutBank: an activation is ${formatShape(shape)}, and the bank was made for ${largest} elements at most.`,
          );
        const uses = Number(offsets.shape[0]);
        if (used === uses)
          throw new ShapeError(
            `dropoutBank: there are offsets for ${uses} uses of the masks, and this is one more. Give one for each hidden layer that is dropped from.`,
          );
        const offset = slice(offsets, { start: used, end: used + 1 });
        used += 1;
        const mask = reshape(window(bank, offset, staticSize(shape)), shape);
        if (copies === 1) return activate(before, mask);
        const hidden = activate(before);
        return mul(concat(Array.from({ length: copies }, () => hidden)), mask);
      };
    },
  };
}
