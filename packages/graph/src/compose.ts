import { GraphError } from './errors.ts';
import type { InputSpec, Program } from './program.ts';
import { rewrite, substitution } from './rewrite/rewrite.ts';
import { formatShape, sameShape } from './shape.ts';
import { placeholder } from './tensor.ts';
import type { Tensor } from './tensor.ts';

/** The same program with other outputs, computed from its own. */
export const mapOutputs = <I extends string, S extends string, O extends string, P extends string>(
  program: Program<I, S, O>,
  change: (outputs: Readonly<Record<O, Tensor>>) => Readonly<Record<P, Tensor>>,
): Program<I, S, P> => ({ ...program, outputs: change(program.outputs) });

/**
 * The same program with an input computed from another one of the same name, for instance in other units.
 *
 * @param spec the new input
 * @param from computes what the program reads, in the shape that it expects
 * @throws GraphError if the shape differs
 */
export function mapInput<I extends string, S extends string, O extends string>(
  program: Program<I, S, O>,
  name: NoInfer<I>,
  spec: InputSpec,
  from: (input: Tensor) => Tensor,
): Program<I, S, O> {
  const old = program.inputs[name];
  const input = placeholder('input', name, { dtype: spec.dtype ?? 'float32', shape: spec.shape });
  const computed = from(input);
  if (!sameShape(computed.shape, old.shape) || computed.dtype !== old.dtype)
    throw new GraphError(
      `mapInput: ${name} came out as ${computed.dtype} ${formatShape(computed.shape)}, expected ${old.dtype} ${formatShape(old.shape)}.`,
    );
  const tensors = substitution();
  tensors.set([old], [computed]);
  return { ...rewrite(program, tensors), inputs: { ...program.inputs, [name]: input } };
}
