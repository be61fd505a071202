import { sqrt } from '../ops/activation.ts';
import { add, div, minimum, mul } from '../ops/arithmetic.ts';
import { reshape } from '../ops/layout.ts';
import { matmul } from '../ops/matmul.ts';
import { sizeOfShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import type { GradientTransformation } from './gradient-transformation.ts';

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
 * Reference: Pascanu et al., On the difficulty of training recurrent neural networks (2013), algorithm 1; the 1e-6 is
 * PyTorch's.
 *
 * @throws RangeError for a norm that isn't above 0
 */
export function clipByGlobalNorm(maxNorm: number): GradientTransformation<never> {
  if (!(typeof maxNorm === 'number' && maxNorm > 0))
    throw new RangeError(
      `clipByGlobalNorm: the largest norm is ${String(maxNorm)}, expected a number above 0.`,
    );
  return {
    readsNorm: true,
    init: () => ({}),
    update: (gradient, _, { norm = globalNorm(gradient) } = {}) => ({
      updates: mul(gradient, minimum(1, div(maxNorm, add(norm, 1e-6)))),
      state: {},
    }),
  };
}
