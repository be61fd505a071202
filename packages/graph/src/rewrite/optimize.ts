import { tensorKey } from '../constant-key.ts';
import { isStatic, sizeOfShape } from '../shape.ts';
import { constant } from '../tensor.ts';
import type { Node, OperatorNode, Tensor } from '../tensor.ts';
import type { Program } from '../program.ts';
import { evaluate } from '../evaluate.ts';
import { inScope } from '../scope.ts';
import { rewrite, substitution } from './rewrite.ts';
import { simplify } from './simplify.ts';

/** JSON has no infinities and no −0: it would write null and 0. */
const attributeText = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : Object.is(value, -0) ? '-0' : value;

/** Operators that give the same bits with their inputs exchanged. */
const commutative: ReadonlySet<string> = new Set(['add', 'mul']);

function nodeKey({ operator, inputs, attributes }: OperatorNode): string {
  const keys = inputs.map(tensorKey);
  if (commutative.has(operator)) keys.sort();
  return `${operator}(${keys.join(' ')})${JSON.stringify(attributes, attributeText)}`;
}

const simplified = (node: OperatorNode): readonly Tensor[] | undefined => {
  const output = simplify(node, node.inputs);
  return output && [output];
};

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
  }).map(({ data, shape, dtype }, index) => constant(data, shape, dtype, foldedName(node, index)));
}

/** What the result of an operator on a constant with a name is called: the same elements keep it, parts are numbered. */
function foldedName({ operator, inputs: [input] }: OperatorNode, index: number): string | undefined {
  if (input?.node.kind !== 'constant' || input.node.name === undefined) return undefined;
  if (operator === 'reshape' || operator === 'stopGradient') return input.node.name;
  return operator === 'split' ? `${input.node.name}.part${index}` : undefined;
}

/**
 * The same program with less to compute: constants folded, equal sub-expressions computed once, needless steps left
 * out. What is not used disappears, because programs are walked from their results.
 */
export function optimize<I extends string, S extends string, O extends string>(
  program: Program<I, S, O>,
): Program<I, S, O> {
  const tensors = substitution();
  const known = new Map<string, readonly Tensor[]>();
  const final = new Set<Node>();

  /** What stands for a node's outputs: those of an equal node, or its own, simplified as far as rules go. */
  const settle = (given: readonly Tensor[]): readonly Tensor[] => {
    const outputs = onSettledInputs(given);
    const node = outputs[0]?.node;
    if (node?.kind !== 'operator') return outputs;
    const key = nodeKey(node);
    const before = known.get(key);
    if (before) return before;
    const simpler = inScope(node.scope, () => fold(node) ?? simplified(node));
    // A rule may answer with one output of a node that has several; such nodes are settled already.
    const isWhole = simpler?.[0]?.node.outputs.length === simpler?.length;
    const settled = simpler && isWhole ? settle(simpler) : (simpler ?? outputs);
    known.set(key, settled);
    for (const tensor of settled) final.add(tensor.node);
    return settled;
  };

  /** A rule may have made more than one node; those before the last are settled here. */
  const onSettledInputs = (outputs: readonly Tensor[]): readonly Tensor[] => {
    const node = outputs[0]?.node;
    if (node?.kind !== 'operator' || final.has(node)) return outputs;
    const inputs = node.inputs.map((input) =>
      final.has(input.node) ? input : (settle(input.node.outputs)[input.index] ?? input),
    );
    return inputs.every((input, i) => input === node.inputs[i]) ? outputs : node.kernel.rebuild(inputs);
  };

  return rewrite(program, tensors, (node) => {
    const inputs = node.inputs.map(tensors.of);
    const unchanged = inputs.every((input, i) => input === node.inputs[i]);
    return settle(unchanged ? node.outputs : node.kernel.rebuild(inputs));
  });
}
