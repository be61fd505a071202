import { GraphError } from './errors.ts';
import { add } from './ops/arithmetic.ts';
import { formatShape, sameShape } from './shape.ts';
import { constant } from './tensor.ts';
import type { Node, Tensor } from './tensor.ts';
import { topologicalOrder } from './topological-order.ts';

const describe = (tensor: Tensor): string => {
  const { node } = tensor;
  const name = node.kind === 'operator' ? node.operator : node.kind === 'constant' ? 'constant' : node.name;
  return `${name} ${formatShape(tensor.shape)}`;
};

type TensorPer<W extends readonly Tensor[]> = { readonly [K in keyof W]: Tensor };

/**
 * Gradients of a scalar: `∂loss/∂wrt[i]`, by reverse accumulation. It adds nodes to the graph and runs nothing.
 *
 * @param loss a scalar, shape `[]`
 * @param wrt any tensors that the loss is computed from
 * @returns one tensor per entry of `wrt`, of its shape
 * @throws GraphError if the loss is not a float32 scalar or does not depend on an entry through differentiable operators
 *
 * Reference: Griewank and Walther, Evaluating Derivatives (2008), section 3.2.
 */
export function grad<const W extends readonly Tensor[]>(loss: Tensor, wrt: W): TensorPer<W> {
  if (loss.shape.length > 0 || loss.dtype !== 'float32')
    throw new GraphError(
      `grad: the loss must be a float32 scalar, got ${loss.dtype} ${formatShape(loss.shape)}. Take its mean or sum.`,
    );
  const targets = new Set(wrt.map((tensor) => tensor.node));
  const nodes = topologicalOrder([loss]);
  const active = nodesThatReach(nodes, targets);
  const gradients = new Map<Node, (Tensor | undefined)[]>([[loss.node, []]]);
  accumulate(gradients, loss, constant(1));

  for (const node of nodes.toReversed()) {
    const ofOutputs = gradients.get(node);
    if (!ofOutputs || node.kind !== 'operator' || !active.has(node)) continue;
    const outputs = node.outputs.map((_, index) => ofOutputs[index]);
    if (outputs.every((gradient) => gradient === undefined)) continue;
    const contributions = node.kernel.vjp(outputs);
    node.inputs.forEach((input, i) => {
      const contribution = contributions[i];
      if (contribution && (active.has(input.node) || targets.has(input.node)))
        accumulate(gradients, input, contribution);
    });
  }
  const results = wrt.map((tensor, i) => {
    const gradient = gradients.get(tensor.node)?.[tensor.index];
    if (!gradient)
      throw new GraphError(
        `grad: the loss does not depend on entry ${i} of wrt (${describe(tensor)}). Leave it out, or look for a stopGradient between them.`,
      );
    return gradient;
  });
  // `map` forgets that its result is as long as the tuple.
  return results as TensorPer<W>;
}

/** Nodes whose result depends on one of the targets; only these need gradients. */
function nodesThatReach(nodes: readonly Node[], targets: ReadonlySet<Node>): ReadonlySet<Node> {
  const reaching = new Set<Node>();
  for (const node of nodes)
    if (node.inputs.some((input) => targets.has(input.node) || reaching.has(input.node))) reaching.add(node);
  return reaching;
}

function accumulate(
  gradients: Map<Node, (Tensor | undefined)[]>,
  tensor: Tensor,
  contribution: Tensor,
): void {
  if (!sameShape(tensor.shape, contribution.shape))
    throw new GraphError(
      `grad: gradient of ${describe(tensor)} came out as ${formatShape(contribution.shape)}; the operator's vector-Jacobian product is wrong.`,
    );
  const ofOutputs = gradients.get(tensor.node) ?? [];
  const before = ofOutputs[tensor.index];
  ofOutputs[tensor.index] = before ? add(before, contribution) : contribution;
  gradients.set(tensor.node, ofOutputs);
}
