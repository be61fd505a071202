import type { Node, Tensor } from '../../tensor.ts';
import { Classification } from './classify.ts';
import type { Fusible } from './classify.ts';
import { kindIn } from './space.ts';
import type { Space } from './space.ts';

/** Nodes that one fused operator computes. */
export interface Group {
  readonly space: Space;
  /** Those whose results it is there for. */
  readonly members: readonly Node[];
  /** The members, and nodes of earlier groups that it computes again instead of reading their results. */
  readonly computes: ReadonlySet<Node>;
}

/** Nodes of one space and depth that are connected by what they read of each other: none of them waits for itself. */
function connected(nodes: readonly Node[], known: Classification): readonly (readonly Fusible[])[] {
  const groupOf = new Map<Node, Fusible[]>();
  for (const node of nodes) {
    const fusible = known.of(node);
    if (!fusible) continue;
    const neighbours = node.inputs.flatMap((input) =>
      known.isInside(input, fusible.space) && known.depthOf(input.node) === known.depthOf(node)
        ? [groupOf.get(input.node)]
        : [],
    );
    const [largest = [], ...others] = [...new Set(neighbours)]
      .flatMap((group) => (group ? [group] : []))
      .toSorted((a, b) => b.length - a.length);
    for (const member of [...others.flat(), fusible]) {
      largest.push(member);
      groupOf.set(member.node, largest);
    }
  }
  return [...new Set(groupOf.values())];
}

/**
 * The nodes of a space behind a tensor, and what they are computed from.
 *
 * @param isAtHand whether a tensor behind it can be read instead of computed
 */
function behind(
  tensor: Tensor,
  space: Space,
  known: Classification,
  isAtHand: (tensor: Tensor) => boolean = () => false,
) {
  const leaves = new Set<Tensor>();
  const nodes = new Set<Node>();
  const pending = [tensor];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (!known.isInside(next, space) || (next !== tensor && isAtHand(next))) leaves.add(next);
    else if (!nodes.has(next.node)) {
      nodes.add(next.node);
      pending.push(...next.node.inputs);
    }
  }
  return { tensor, nodes, leaves };
}

const isFull = ({ shape }: Tensor, space: Space): boolean => kindIn(space, shape) === 'full';

/**
 * The members, and what to compute again: results of earlier groups, as long as no more matrices are read for them than
 * there are results. Writing a matrix and reading it back costs more than the arithmetic that it saves. What is compared is always read.
 */
function computedBy(members: readonly Node[], space: Space, known: Classification): Set<Node> {
  const computes = new Set(members);
  const outer = [...new Set(members.flatMap(({ inputs }) => inputs))].filter(
    ({ node }) => !computes.has(node),
  );
  const isCompared = (tensor: Tensor): boolean => known.isCompared(tensor);
  const isEarlier = (tensor: Tensor): boolean => known.isInside(tensor, space) && !isCompared(tensor);
  const read = new Set(outer.filter((tensor) => !isEarlier(tensor)));
  const costs = (some: readonly ReturnType<typeof behind>[]): number => {
    const more = new Set(some.flatMap(({ leaves }) => [...leaves]));
    const matrices = [...more].filter((leaf) => isFull(leaf, space) && !read.has(leaf)).length;
    return matrices - some.filter(({ tensor }) => isFull(tensor, space)).length;
  };
  const earlier = outer
    .filter(isEarlier)
    .map((tensor) => {
      const [whole, less] = [
        behind(tensor, space, known, isCompared),
        behind(tensor, space, known, (other) => isCompared(other) || known.leaves(other)),
      ];
      return costs([less]) < costs([whole]) ? less : whole;
    })
    .toSorted((a, b) => a.leaves.size - b.leaves.size);
  const add = ({ nodes, leaves }: (typeof earlier)[number]): void => {
    for (const node of nodes) computes.add(node);
    for (const leaf of leaves) read.add(leaf);
  };
  if (costs(earlier) <= 0) for (const one of earlier) add(one);
  else for (const one of earlier) if (costs([one]) <= 0) add(one);
  return computes;
}

/** The matrices that nodes of a space are computed from, in the end. */
function matricesBehind(members: readonly Node[], space: Space, known: Classification): ReadonlySet<Tensor> {
  const inside = new Set(members);
  const outer = members.flatMap(({ inputs }) => inputs).filter(({ node }) => !inside.has(node));
  const matrices = new Set<Tensor>();
  for (const tensor of outer)
    for (const leaf of behind(tensor, space, known).leaves) if (isFull(leaf, space)) matrices.add(leaf);
  return matrices;
}

/** Puts groups of one depth and space together that are computed from the same matrix: it is read once then. */
function merged(
  groups: readonly (readonly Fusible[])[],
  known: Classification,
): readonly (readonly Fusible[])[] {
  const groupsByKey = new Map<string, { readonly members: Fusible[]; readonly matrices: Set<Tensor> }[]>();
  for (const members of groups) {
    const [first] = members;
    if (!first) continue;
    const { rows, columns } = first.space;
    const key = `${known.depthOf(first.node)} ${rows} ${columns}`;
    const alike = groupsByKey.get(key) ?? [];
    groupsByKey.set(key, alike);
    const nodes = members.map(({ node }) => node);
    const matrices = matricesBehind(nodes, first.space, known);
    const other = alike.find((group) => [...matrices].some((matrix) => group.matrices.has(matrix)));
    if (!other) {
      alike.push({ members: [...members], matrices: new Set(matrices) });
      continue;
    }
    other.members.push(...members);
    for (const matrix of matrices) other.matrices.add(matrix);
  }
  return [...groupsByKey.values()].flatMap((alike) => alike.map(({ members }) => members));
}

/** Takes a program's nodes, inputs first, apart into groups and other nodes, again each after what it reads. */
export function groupNodes(nodes: readonly Node[]): readonly (Group | Node)[] {
  const known = new Classification(nodes);
  const units = merged(connected(nodes, known), known).flatMap(
    (fusibles): { depth: number; unit: Group | Node }[] => {
      const [first] = fusibles;
      if (!first) return [];
      const { space } = first;
      const members = fusibles.map(({ node }) => node);
      return [
        {
          depth: known.depthOf(first.node),
          unit: { space, members, computes: computedBy(members, space, known) },
        },
      ];
    },
  );
  const others = nodes
    .filter((node) => !known.of(node))
    .map((node) => ({ depth: known.depthOf(node), unit: node }));
  return [...others, ...units].toSorted((a, b) => a.depth - b.depth).map(({ unit }) => unit);
}

/** The nodes that a group computes for some results, inputs first, and the tensors that it reads. */
export function workOf(
  { computes }: Group,
  results: Iterable<Tensor>,
): { readonly nodes: readonly Node[]; readonly reads: readonly Tensor[] } {
  const nodes = new Set<Node>();
  const reads = new Set<Tensor>();
  const pending = [...results];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (!computes.has(next.node)) reads.add(next);
    else if (!nodes.has(next.node)) {
      nodes.add(next.node);
      pending.push(...next.node.inputs);
    }
  }
  return { nodes: [...nodes].toSorted((a, b) => a.id - b.id), reads: [...reads] };
}
