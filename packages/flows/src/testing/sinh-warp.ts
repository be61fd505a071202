import { abs, add, div, exp, log, mul, neg, sqrt, square, sub, sum } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { checkWidth } from '@meow-rl/nn';

import type { Bijector } from '../index.ts';

const sumOverEntries = (x: Tensor): Tensor => sum(x, { axes: [1] });

/** sign(a) · log(|a| + √(a² + 1)): the usual form loses its digits at negative a. */
function asinh(a: Tensor): Tensor {
  const size = log(add(abs(a), sqrt(add(square(a), 1))));
  return mul(div(a, add(abs(a), 1e-300)), size);
}

/** Test double of a non-linear layer: `a = sinh z`, unbounded, whose determinant depends on the action. */
export const sinhWarp = (size: number): Bijector => ({
  size,
  constantDeterminant: false,
  fixesOrigin: true,
  forward: (z) => {
    checkWidth('sinhWarp', z, size);
    const [up, down] = [exp(z), exp(neg(z))];
    return { out: mul(0.5, sub(up, down)), logDet: sumOverEntries(log(mul(0.5, add(up, down)))) };
  },
  inverse: (a) => {
    checkWidth('sinhWarp', a, size);
    return { out: asinh(a), logDet: mul(-0.5, sumOverEntries(log(add(square(a), 1)))) };
  },
});
