import { mapResults, resultsOf } from '../../program.ts';
import type { Program } from '../../program.ts';
import type { Node, Tensor } from '../../tensor.ts';
import { topologicalOrder } from '../../topological-order.ts';
import { comparisonInFloat32 } from './comparisons.ts';
import { compile } from './compile.ts';
import { fused } from './fused.ts';
import { groupNodes, workOf } from './groups.ts';
import type { Group } from './groups.ts';
import { applyRules, substitution } from '../../rewrite/rewrite.ts';
import { matrixVectorProduct } from './matrix-vector-products.ts';

/** What is read of each group from outside, found by walking back from the program's results. */
function resultsByGroup(
  results: readonly Tensor[],
  groupOf: (node: Node) => Group | undefined,
): ReadonlyMap<Group, ReadonlySet<Tensor>> {
  const read = new Map<Group, Set<Tensor>>();
  const seen = new Set<Tensor>();
  const pending = [...results];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    const group = groupOf(next.node);
    if (!group) {
      pending.push(...next.node.inputs);
      continue;
    }
    const before = read.get(group) ?? new Set();
    read.set(group, before.add(next));
    pending.push(...workOf(group, [next]).reads);
  }
  return read;
}

/** What is fused. */
export interface FuseOptions {
  /** Fewer operations than this are left to the engine; default 2. */
  readonly smallest?: number | undefined;
}

/**
 * Puts element-wise operators, and sums over rows and columns of what they give, together into few operators that go over
 * their matrices once. What is fused gives the same numbers but for rounding.
 *
 * Only what has a known shape is fused. The results are for engines that know the fused operator.
 */
export function fuse<I extends string, S extends string, O extends string>(
  unfused: Program<I, S, O>,
  { smallest = 2 }: FuseOptions = {},
): Program<I, S, O> {
  const given = applyRules(unfused, [matrixVectorProduct, comparisonInFloat32]);
  const units = groupNodes(topologicalOrder(resultsOf(given)));
  const groups = new Map<Node, Group>();
  for (const unit of units) if ('members' in unit) for (const node of unit.members) groups.set(node, unit);
  const read = resultsByGroup(resultsOf(given), (node) => groups.get(node));
  const tensors = substitution();
  const fuseGroup = (group: Group): void => {
    const results = [...(read.get(group) ?? [])];
    if (results.length === 0) return;
    const { inputs, attributes, operations } = compile(group.space, workOf(group, results).nodes, results);
    if (operations < smallest) group.members.forEach(tensors.rebuild);
    else tensors.set(results, fused(inputs.map(tensors.of), attributes));
  };
  for (const unit of units)
    if ('members' in unit) fuseGroup(unit);
    else tensors.rebuild(unit);

  return mapResults(given, tensors.of);
}
