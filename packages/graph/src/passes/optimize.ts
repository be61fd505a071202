import { isStatic, sizeOfShape } from '../shape.ts';
import { constant } from '../tensor.ts';
import type { Node, OperatorNode, Tensor } from '../tensor.ts';
import { nodesBehind } from '../traverse.ts';
import { mapValues } from '../program.ts';
import type { Program } from '../program.ts';
import { evaluate } from '../runtimes/reference.ts';
import { simplify } from './simplify.ts';

/** Constants this small are merged by content. */
const SMALL = 64;

const tensorKey = ({ node, index }: Tensor): string => {
  const type = node.outputs[0];
  return node.kind === 'constant' && node.data.length <= SMALL
    ? `${type?.dtype}[${type?.shape.join()}]${Array.from(node.data).join()}`
    : `${node.id}:${index}`;
};

const nodeKey = (node: OperatorNode, inputs: readonly Tensor[]): string =>
  `${node.operator}(${inputs.map(tensorKey).join(' ')})${JSON.stringify(node.attributes)}`;

/** Computes an operator on constants now, unless its result is larger than what it is computed from. */
function fold(node: OperatorNode): readonly Tensor[] | undefined {
  let size = 0;
  for (const { node: input } of node.inputs) {
    if (input.kind !== 'constant') return undefined;
    size = Math.max(size, input.data.length);
  }
  const fits = node.outputs.every(({ shape }) => isStatic(shape) && sizeOfShape(shape) <= Math.max(size, 1));
  if (!fits) return undefined;
  return evaluate(node.outputs, () => {
    throw new Error('constants have no inputs');
  }).map(({ data, shape, dtype }) => constant(data, shape, dtype));
}

/**
 * The same program with less to compute: constants folded, equal sub-expressions computed once, needless steps left
 * out. What is not used disappears, because programs are walked from their results.
 */
export function optimize<I extends string, S extends string, O extends string>(
  program: Program<I, S, O>,
): Program<I, S, O> {
  const states = Object.values<Program['state'][string]>(program.state);
  const results = [...Object.values<Tensor>(program.outputs), ...states.flatMap(({ next }) => next ?? [])];
  const replaced = new Map<Node, readonly Tensor[]>();
  const known = new Map<string, readonly Tensor[]>();
  const current = (tensor: Tensor): Tensor => replaced.get(tensor.node)?.[tensor.index] ?? tensor;

  for (const node of nodesBehind(results)) {
    if (node.kind !== 'operator') continue;
    const inputs = node.inputs.map(current);
    const key = nodeKey(node, inputs);
    let outputs = known.get(key);
    if (!outputs) {
      const unchanged = inputs.every((input, i) => input === node.inputs[i]);
      const rebuilt = unchanged ? node.outputs : node.kernel.rebuild(inputs);
      const own = rebuilt[0]?.node;
      outputs = own?.kind === 'operator' ? (fold(own) ?? simplify(own) ?? rebuilt) : rebuilt;
      known.set(key, outputs);
    }
    replaced.set(node, outputs);
  }
  return {
    inputs: program.inputs,
    outputs: mapValues(program.outputs, current),
    state: mapValues(program.state, (own) => ({ ...own, next: own.next && current(own.next) })),
  };
}
