import { sqrt } from '../ops/activation.ts';
import { add, div, minimum, mul } from '../ops/arithmetic.ts';
import { reshape } from '../ops/layout.ts';
import { matmul } from '../ops/matmul.ts';
import { sizeOfShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/**
 * 2-norm of all elements: `√(Σ x²)`.
 *
 * Written as a product of the vector with itself, which engines compute several times faster than a reduction.
 */
export function globalNorm(x: Tensor): Tensor {
  const row = reshape(x, [1, sizeOfShape(x.shape)]);
  return reshape(sqrt(matmul(row, row, { transposeB: true })), []);
}

/**
 * Scales a gradient so that its 2-norm is at most `maxNorm`: `g · min(1, maxNorm / (‖g‖ + 1e-6))`.
 *
 * @param gradient [parameters], the gradients of all parameters in one vector
 * @param norm ‖g‖; give it where `gradient` is only part of what is clipped together
 * @returns the scaled gradient and the norm before scaling
 *
 * Reference: Pascanu et al., On the difficulty of training recurrent neural networks (2013), algorithm 1; the 1e-6 is
 * PyTorch's.
 */
export function clipByGlobalNorm(
  gradient: Tensor,
  maxNorm: number,
  norm: Tensor = globalNorm(gradient),
): { readonly gradient: Tensor; readonly norm: Tensor } {
  return { gradient: mul(gradient, minimum(1, div(maxNorm, add(norm, 1e-6)))), norm };
}
