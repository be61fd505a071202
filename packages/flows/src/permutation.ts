import { matmul, ShapeError } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { checkWidth, zeroOneMatrix } from '@meow-rl/nn';

import type { Bijector, Mapped } from './bijector.ts';

/**
 * Fixed permutation of the entries.
 *
 *     forward   aᵢ = z at order[i]
 *     inverse   z at order[i] = aᵢ
 *     log|det|  0
 *
 * @param order each of 0 … size − 1 once
 * @throws ShapeError if it is anything else, or if a point has another number of entries
 *
 * Reference: Dinh et al., NICE (2015), section 3.3 (exchanging the roles of entries).
 */
export function permutation(order: readonly number[]): Bijector {
  const size = order.length;
  if (size === 0 || order.toSorted((a, b) => a - b).some((entry, i) => entry !== i))
    throw new ShapeError(
      `permutation: expected each of 0 to size − 1 once, got [${order.join(', ')}]. Give where each entry comes from.`,
    );
  const matrix = zeroOneMatrix(size, (i, j) => order[i] === j);
  const permuted = (point: Tensor, transposeB: boolean): Mapped => {
    checkWidth('permutation', point, size);
    return { out: matmul(point, matrix, { transposeB }) };
  };
  return {
    size,
    constantDeterminant: true,
    fixesOrigin: true,
    forward: (z) => permuted(z, true),
    inverse: (a) => permuted(a, false),
  };
}
