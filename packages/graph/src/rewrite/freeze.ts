import { GraphError } from '../errors.ts';
import { entries } from '../program.ts';
import type { Program, ProgramState } from '../program.ts';
import { formatShape, isStatic, sizeOfShape } from '../shape.ts';
import { constant } from '../tensor.ts';
import type { OperatorNode, Tensor } from '../tensor.ts';
import { deploymentRules } from './deployment-rules.ts';
import { optimize } from './optimize.ts';
import { applyRules, rewrite, substitution } from './rewrite.ts';

/** The value that a state is frozen to. */
function frozenValue(
  key: string,
  { shape, next }: ProgramState,
  values: Readonly<Record<string, ArrayLike<number>>>,
): Float32Array {
  const value = values[key];
  if (!value)
    throw new GraphError(`freeze: no value for the state ${key}. Give one for each state of the program.`);
  if (next)
    throw new GraphError(
      `freeze: the state ${key} changes from run to run. Freeze a program that only reads it.`,
    );
  if (value.length !== sizeOfShape(shape))
    throw new GraphError(
      `freeze: the state ${key} is ${formatShape(shape)} but its value has ${value.length} elements.`,
    );
  return Float32Array.from(value);
}

/** The parts of a vector that is constant, by the names that the split gives them. */
function namedParts({ operator, inputs: [vector], outputs, attributes }: OperatorNode, tensor: Tensor) {
  const names: unknown = attributes['names'];
  if (operator !== 'split' || !vector || tensor.node.kind !== 'constant' || !Array.isArray(names))
    return undefined;
  const data = Float32Array.from(tensor.node.data);
  let offset = 0;
  return outputs.map(({ shape }, i) => {
    const length = isStatic(shape) ? sizeOfShape(shape) : 0;
    const part = data.subarray(offset, (offset += length));
    const name: unknown = names[i];
    return constant(part, [length], 'float32', typeof name === 'string' ? name : undefined);
  });
}

/** A constant with a name in another shape. */
function reshaped({ operator, outputs: [output] }: OperatorNode, { node }: Tensor) {
  if (operator !== 'reshape' || node.kind !== 'constant' || node.name === undefined) return undefined;
  return output && isStatic(output.shape)
    ? [constant(node.data, output.shape, output.dtype, node.name)]
    : undefined;
}

/**
 * A program to deploy: its states become constants, which are called as the parameters are; what nothing reads is left out, and
 * what remains is written as engines know it. Results differ from those of the program in the rounding of float32 only.
 *
 * @param values of the states
 * @throws GraphError if a state has no value, changes, or is of another size
 */
export function freeze<I extends string, O extends string>(
  program: Program<I, string, O>,
  values: Readonly<Record<string, ArrayLike<number>>>,
): Program<I, never, O> {
  const tensors = substitution();
  for (const [key, state] of entries(program.state))
    tensors.set([state.value], [constant(frozenValue(key, state, values), state.shape, 'float32', key)]);
  const constants = rewrite(program, tensors, (node) => {
    const [input] = node.inputs.map(tensors.of);
    return input && (namedParts(node, input) ?? reshaped(node, input));
  });
  return optimize<I, never, O>(applyRules<I, never, O>({ ...constants, state: {} }, deploymentRules()));
}
