import { add, mul } from '../ops/arithmetic.ts';
import { sum } from '../ops/reduce.ts';
import { mapValues, resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import type { OperatorNode, Tensor } from '../tensor.ts';
import { nodesBehind } from '../traverse.ts';
import { isElementwise } from './classify.ts';

const isMade = ({ node }: Tensor): boolean => node.kind === 'operator' && isElementwise(node.operator);

const hasShape = ({ shape }: Tensor, rows: number | undefined, columns: number | undefined): boolean =>
  shape.length === 2 &&
  (rows === undefined || shape[0] === rows) &&
  (columns === undefined || shape[1] === columns);

/** What a product with one row or one column is as element-wise products and sums; undefined if it is no such product. */
function rewritten({ operator, attributes }: OperatorNode, inputs: readonly Tensor[]): Tensor | undefined {
  const [a, b, bias] = inputs;
  if (!a || !b) return undefined;
  // x wᵀ + b of a layer with one unit.
  if (operator === 'linear' && bias)
    return isMade(a) && hasShape(b, 1, undefined)
      ? add(sum(mul(a, b), { axes: [1], keepDims: true }), bias)
      : undefined;
  if (operator !== 'matmul' || attributes['transposeB'] !== false) return undefined;
  // The gradient of its weights, a column's transpose times a matrix...
  if (attributes['transposeA'] === true)
    return isMade(b) && hasShape(a, undefined, 1) ? sum(mul(b, a), { axes: [0], keepDims: true }) : undefined;
  // ...and of its input, a column times a row.
  return hasShape(a, undefined, 1) && hasShape(b, 1, undefined) ? mul(a, b) : undefined;
}

/**
 * Writes products with one row or one column as element-wise products and sums, where the matrix is made element by element,
 * or is read so: those can be computed while it is, and it need not be written and read again.
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
  return {
    inputs: given.inputs,
    outputs: mapValues(given.outputs, resolve),
    state: mapValues(given.state, (own) => ({ ...own, next: own.next && resolve(own.next) })),
  };
}
