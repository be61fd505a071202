import type { Node, Tensor } from './tensor.ts';

/** Every node that the tensors are computed from, inputs before what uses them. */
export function topologicalOrder(tensors: readonly Tensor[]): readonly Node[] {
  const seen = new Set<Node>();
  const pending = tensors.map((tensor) => tensor.node);
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    for (const input of node.inputs) pending.push(input.node);
  }
  // Ids grow with creation, and a node is created after its inputs.
  return [...seen].toSorted((a, b) => a.id - b.id);
}
