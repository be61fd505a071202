import { constant, expandAs, matmul, slice } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

/** Zeros, one row of `size` per state: [states, size]. */
export function zerosPerState(state: Tensor, size: number): Tensor {
  // Only its shape is used.
  const rows = matmul(slice(state, { axis: 1, end: 1 }), constant(new Float32Array(size), [1, size]));
  return expandAs(constant(0), rows);
}
