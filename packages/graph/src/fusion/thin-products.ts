import { add, mul } from '../ops/arithmetic.ts';
import { sum } from '../ops/reduce.ts';
import { mapResults, resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import type { OperatorNode, Tensor } from '../tensor.ts';
import { nodesBehind } from '../traverse.ts';
import { isElementwise } from './classify.ts';
import { spaceOf } from './space.ts';

/** A matrix that a fused operator can walk over. */
const isMatrix = ({ shape }: Tensor): boolean => {
  const space = spaceOf(shape);
  return space !== undefined && space.rows > 1 && space.columns > 1;
};

const isMade = (tensor: Tensor): boolean =>
  tensor.node.kind === 'operator' && isElementwise(tensor.node.operator) && isMatrix(tensor);

/** What a product with one row or one column is as element-wise products and sums; undefined if it is no such product. */
function rewritten(
  { operator, attributes, outputs: [output] }: OperatorNode,
  [a, b, bias]: readonly Tensor[],
): Tensor | undefined {
  if (!a || !b || !output) return undefined;
  // x wᵀ + b of a layer with one unit.
  if (operator === 'linear' && bias)
    return isMade(a) && b.shape[0] === 1
      ? add(sum(mul(a, b), { axes: [1], keepDims: true }), bias)
      : undefined;
  if (operator !== 'matmul' || attributes['transposeB'] !== false) return undefined;
  // The gradient of its weights, a column's transpose times a matrix...
  if (attributes['transposeA'] === true)
    return isMade(b) && a.shape[1] === 1 ? sum(mul(b, a), { axes: [0], keepDims: true }) : undefined;
  // ...and of its input, a column times a row, which what reads it makes by itself.
  return isMatrix(output) && a.shape[1] === 1 ? mul(a, b) : undefined;
}

/**
 * Writes products with one row or one column as element-wise products and sums, where their matrix has a known shape and is
 * made element by element, or is their result: it need not be written and read again then.
 */
export function thinProducts<I extends string, S extends string, O extends string>(
  given: Program<I, S, O>,
): Program<I, S, O> {
  const replaced = new Map<Tensor, Tensor>();
  const resolve = (tensor: Tensor): Tensor => replaced.get(tensor) ?? tensor;
  for (const node of nodesBehind(resultsOf(given))) {
    const [output] = node.outputs;
    if (node.kind !== 'operator' || !output) continue;
    const inputs = node.inputs.map(resolve);
    const thin = rewritten(node, inputs);
    if (thin) replaced.set(output, thin);
    else if (inputs.some((input, i) => input !== node.inputs[i]))
      node.kernel.rebuild(inputs).forEach((own, i) => replaced.set(node.outputs[i] ?? own, own));
  }
  return mapResults(given, resolve);
}
