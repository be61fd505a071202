import { add, mul } from '../../ops/arithmetic.ts';
import { sum } from '../../ops/reduce.ts';
import type { Tensor } from '../../tensor.ts';
import { isElementwise } from './classify.ts';
import type { Rule } from '../../rewrite/rewrite.ts';
import { spaceOf } from './space.ts';

/** A matrix that a fused operator can walk over. */
const isMatrix = ({ shape }: Tensor): boolean => {
  const space = spaceOf(shape);
  return space !== undefined && space.rows > 1 && space.columns > 1;
};

const isMade = (tensor: Tensor): boolean =>
  tensor.node.kind === 'operator' && isElementwise(tensor.node.operator) && isMatrix(tensor);

/**
 * What a product with one row or one column is as element-wise products and sums, where its matrix has a known shape and is
 * made element by element, or is its result: it need not be written and read again then. Undefined if it is no such product.
 */
export const matrixVectorProduct: Rule = {
  operators: ['linear', 'matmul'],
  replace: ({ operator, attributes, outputs: [output] }, [a, b, bias]) => {
    if (!a || !b || !output) return undefined;
    // x wᵀ + b of a layer with one unit.
    if (operator === 'linear' && bias)
      return isMade(a) && b.shape[0] === 1
        ? add(sum(mul(a, b), { axes: [1], keepDims: true }), bias)
        : undefined;
    if (operator === 'linear' || attributes['transposeB'] !== false) return undefined;
    // The gradient of its weights, a column's transpose times a matrix...
    if (attributes['transposeA'] === true)
      return isMade(b) && a.shape[1] === 1 ? sum(mul(b, a), { axes: [0], keepDims: true }) : undefined;
    // ...and of its input, a column times a row, which what reads it makes by itself.
    return isMatrix(output) && a.shape[1] === 1 ? mul(a, b) : undefined;
  },
};
