import type { Tensor } from '../tensor.ts';
import { topologicalOrder } from '../topological-order.ts';

/** Counts how often each tensor of a program is read: by its operators, and as one of its results. */
export function readersOf(results: readonly Tensor[]): (tensor: Tensor) => number {
  const counts = new Map<Tensor, number>();
  const count = (tensor: Tensor) => counts.set(tensor, (counts.get(tensor) ?? 0) + 1);
  for (const node of topologicalOrder(results)) node.inputs.forEach(count);
  results.forEach(count);
  return (tensor) => counts.get(tensor) ?? 0;
}
