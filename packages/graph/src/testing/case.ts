import { grad } from '../grad.ts';
import { product } from '../ndarray.ts';
import { add, mul } from '../ops/arithmetic.ts';
import { sum } from '../ops/reduce.ts';
import { program } from '../program.ts';
import type { Program } from '../program.ts';
import type { Tensor } from '../tensor.ts';
import { factorsOf } from '../shape.ts';
import type { Dim, DType, Shape } from '../tensor-type.ts';
import { numbersBetween } from './random.ts';

/** How long named axes are in the cases. */
export const axisLengths: Readonly<Record<string, number>> = { batch: 4, time: 2 };

export interface CaseInput {
  readonly shape: Shape;
  readonly data: readonly number[];
  readonly dtype: DType;
  /** Not differentiated with respect to. */
  readonly held: boolean;
}

interface CaseChecks {
  /** The outputs, one after the other, worked out by hand. */
  readonly value?: readonly number[];
  /** How many times finite differences can follow the derivative at these inputs; default 0. */
  readonly derivatives?: 0 | 1 | 2;
  /** Gradients of the sum of all outputs by input, one after the other: the convention at kinks, by hand. */
  readonly gradient?: readonly number[];
}

/** One use of an operator on known inputs. */
export interface OperatorCase extends CaseChecks {
  readonly name: string;
  readonly inputs: readonly CaseInput[];
  readonly build: (tensors: readonly Tensor[]) => readonly Tensor[];
}

type TensorsOf<I extends readonly CaseInput[]> = { readonly [K in keyof I]: Tensor };

/** A case whose build function takes one tensor per input. */
export const example = <const I extends readonly CaseInput[]>(
  name: string,
  inputs: I,
  build: (...tensors: TensorsOf<I>) => Tensor | readonly Tensor[],
  checks: CaseChecks,
): OperatorCase => ({
  ...checks,
  name,
  inputs,
  build: (tensors) => {
    // programOf hands in exactly one tensor per input.
    const built = build(...(tensors as TensorsOf<I>));
    return 'node' in built ? [built] : built;
  },
});

/** A float32 input with given numbers; its gradient is checked. */
export const given = (shape: Shape, data: readonly number[]): CaseInput => ({
  shape,
  data,
  dtype: 'float32',
  held: false,
});

/** An int64 or bool input. */
export const discrete = (dtype: 'int64' | 'bool', shape: Shape, data: readonly number[]): CaseInput => ({
  shape,
  data,
  dtype,
  held: true,
});

/** The same input, left out of differentiation. */
export const held = (input: CaseInput): CaseInput => ({ ...input, held: true });

const lengthInCase = (dim: Dim): number => {
  const { times, name } = factorsOf(dim);
  return name === undefined ? times : times * (axisLengths[name] ?? Number.NaN);
};

export const sizeInCase = (shape: Shape): number => product(shape.map(lengthInCase));

/** A float32 input with seeded numbers. Inputs of one case need different seeds. */
export const random = (seed: number, shape: Shape, low = -2, high = 2): CaseInput =>
  given(shape, numbersBetween(seed, sizeInCase(shape), low, high));

/** An output other than the first of the node behind a tensor, for operators that keep some to themselves. */
export function hiddenOutput(tensor: Tensor, index: number): Tensor {
  const output = tensor.node.outputs[index];
  if (!output) throw new RangeError(`the node has ${tensor.node.outputs.length} outputs, no output ${index}`);
  return output;
}

const inputName = (index: number): string => `x${index}`;

/** A case as a program with inputs x0, x1, … and outputs y0, y1, … */
export function programOf({ inputs, build }: OperatorCase): Program {
  const specs = inputs.map(({ shape, dtype }, i) => [inputName(i), { shape, dtype }] as const);
  return program({ inputs: Object.fromEntries(specs), state: {} }, (tensors) => {
    const ordered = specs.flatMap(([name]) => tensors[name] ?? []);
    return { outputs: Object.fromEntries(build(ordered).map((tensor, i) => [`y${i}`, tensor])) };
  });
}

export const inputsOf = ({ inputs }: OperatorCase): Record<string, readonly number[]> =>
  Object.fromEntries(inputs.map(({ data }, i) => [inputName(i), data]));

/**
 * The gradient of a case as a case of its own: `Σ outputs · cotangents` differentiated by each input that is not held.
 * The cotangents are further inputs, so that the gradient can be differentiated again.
 *
 * @param cotangents one input for each output
 */
export function gradientOf(
  { name, inputs, build }: OperatorCase,
  cotangents: readonly CaseInput[],
): OperatorCase {
  return {
    name: `gradient of ${name}`,
    inputs: [...inputs, ...cotangents],
    build: (tensors) => {
      const outputs = build(tensors.slice(0, inputs.length));
      const weighted = outputs.flatMap((output, i) => {
        const cotangent = tensors[inputs.length + i];
        return cotangent ? [sum(mul(output, cotangent))] : [];
      });
      const wrt = tensors.filter((_, i) => inputs[i]?.held === false);
      return grad(
        weighted.reduce((total, part) => add(total, part)),
        wrt,
      );
    },
  };
}

/** Weights for the outputs of a case: ones, or seeded numbers so that every output counts differently. */
export const cotangentsOf = (operatorCase: OperatorCase, kind: 'ones' | 'random'): readonly CaseInput[] =>
  Object.values(programOf(operatorCase).outputs).map(({ shape }, i) =>
    held(
      kind === 'ones'
        ? given(
            shape,
            Array.from({ length: sizeInCase(shape) }, () => 1),
          )
        : random(900 + i, shape),
    ),
  );
