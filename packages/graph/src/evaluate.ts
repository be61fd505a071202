import { DataError } from './errors.ts';
import type { NdArray } from './ndarray.ts';
import { isStatic } from './shape.ts';
import type { ConstantNode, Node, Tensor } from './tensor.ts';
import { topologicalOrder } from './topological-order.ts';

const evaluateConstant = ({ data, outputs: [tensor] }: ConstantNode): NdArray => ({
  dtype: tensor?.dtype ?? 'float32',
  shape: tensor && isStatic(tensor.shape) ? tensor.shape : [],
  data: Float64Array.from(data),
});

/**
 * Evaluates tensors in float64 by walking the graph node by node.
 *
 * @param leaf gives the value of an input or state
 */
export function evaluate(tensors: readonly Tensor[], leaf: (tensor: Tensor) => NdArray): NdArray[] {
  const results = new Map<Node, readonly NdArray[]>();
  const valueOf = ({ node, index }: Tensor): NdArray => {
    const value = results.get(node)?.[index];
    if (!value) throw new DataError(`evaluate: node ${node.id} was read before it was computed`);
    return value;
  };
  for (const node of topologicalOrder(tensors)) {
    if (node.kind === 'operator') results.set(node, node.kernel.value(node.inputs.map(valueOf)));
    else if (node.kind === 'constant') results.set(node, [evaluateConstant(node)]);
    else results.set(node, node.outputs.map(leaf));
  }
  return tensors.map(valueOf);
}
