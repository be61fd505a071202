import { reshape } from '../ops/layout.ts';
import { entries, mapValues } from '../program.ts';
import type { Program } from '../program.ts';
import { rewrite, substitution } from '../rewrite/rewrite.ts';
import { factorsOf, isStatic, sizeOfShape } from '../shape.ts';
import { constant, placeholder } from '../tensor.ts';
import type { Dim, Shape } from '../tensor-type.ts';

/**
 * A program with lengths in place of the names of its axes: the same operators, whose shapes are known then.
 *
 * @param lengths by names; axes that it doesn't name stay as they are
 */
export function withLengths<I extends string, S extends string, O extends string>(
  given: Program<I, S, O>,
  lengths: ReadonlyMap<string, number>,
): Program<I, S, O> {
  const lengthOf = (dim: Dim): Dim => {
    const { times, name } = factorsOf(dim);
    const length = name === undefined ? undefined : lengths.get(name);
    return length === undefined ? dim : times * length;
  };
  const known = (shape: Shape): Shape => shape.map(lengthOf);
  const tensors = substitution();
  const inputs = mapValues(given.inputs, (input, name) => {
    if (isStatic(input.shape)) return input;
    const { dtype, shape } = input;
    const named = placeholder('input', name, { dtype, shape: known(shape) });
    tensors.set([input], [named]);
    return named;
  });
  const program = rewrite(given, tensors, (node) => {
    const [x] = node.inputs;
    const [output] = node.outputs;
    if (!x || !output) return undefined;
    const shape = known(output.shape);
    // Its attributes name the axis; those of all others say nothing of lengths.
    if (node.operator === 'reshape') return [reshape(tensors.of(x), shape)];
    // A number for each row was computed from a tensor of as many rows, which is needless now.
    if (node.operator !== 'expandAs' || x.node.kind !== 'constant' || x.shape.length > 0) return undefined;
    return isStatic(shape)
      ? [constant(new Float64Array(sizeOfShape(shape)).fill(x.node.data[0] ?? 0), shape, x.dtype)]
      : undefined;
  });
  return { ...program, inputs };
}

/** Whether a run chooses the length of an axis. */
export const hasNamedAxes = (given: Program): boolean =>
  entries<string, { readonly shape: Shape }>(given.inputs).some(([, { shape }]) => !isStatic(shape));
