import { concat, split } from '../ops/partition.ts';
import type { Program } from '../program.ts';
import { inScope } from '../scope.ts';
import { staticDim } from '../shape.ts';
import type { OperatorNode, Tensor } from '../tensor.ts';
import { rewrite, substitution } from './rewrite.ts';

/** Neighbours in at most so many groups, each as long as the others but for the last, and as short as that allows. */
function groupsOf<T>(items: readonly T[], mostGroups: number): readonly (readonly T[])[] {
  const length = Math.ceil(items.length / mostGroups);
  return Array.from({ length: Math.ceil(items.length / length) }, (_, i) =>
    items.slice(i * length, (i + 1) * length),
  );
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

/** The parts of a tensor, cut from larger parts where they are many. */
function splitInTurn(x: Tensor, sizes: readonly number[], axis: number, most: number): readonly Tensor[] {
  if (sizes.length <= most) return split(x, sizes, axis);
  const groups = groupsOf(sizes, most);
  return split(x, groups.map(sumOf), axis).flatMap((part, i) =>
    splitInTurn(part, groups[i] ?? [], axis, most),
  );
}

/** Tensors joined, some of them first where they are many. */
function concatInTurn(parts: readonly Tensor[], axis: number, most: number): Tensor {
  if (parts.length <= most) return concat(parts, axis);
  return concat(
    groupsOf(parts, most).map((group) => concatInTurn(group, axis, most)),
    axis,
  );
}

/** What stands for an operator with more tensors than an engine binds at once, if it can be taken apart. */
function narrower(
  { operator, attributes: { axis }, outputs }: OperatorNode,
  inputs: readonly Tensor[],
  most: number,
): readonly Tensor[] | undefined {
  const [x] = inputs;
  if (!x || typeof axis !== 'number' || inputs.length + outputs.length <= most) return undefined;
  if (operator === 'concat') return [concatInTurn(inputs, axis, most - 1)];
  if (operator !== 'split') return undefined;
  const sizes = outputs.map(({ shape }) => staticDim('split', shape, axis));
  return splitInTurn(x, sizes, axis, most - 1);
}

/**
 * The same program with each `split` and `concat` of many tensors in several steps, for engines that bind few tensors to an operator. Other
 * operators stay as they are. Results are the same bits.
 *
 * @param most tensors that an operator may read and write, at least 3
 */
export function narrow<I extends string, S extends string, O extends string>(
  program: Program<I, S, O>,
  most: number,
): Program<I, S, O> {
  const tensors = substitution();
  return rewrite(program, tensors, (node) =>
    inScope(node.scope, () => narrower(node, node.inputs.map(tensors.of), most)),
  );
}
