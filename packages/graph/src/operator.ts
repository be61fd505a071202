import type { NdArray } from './ndarray.ts';
import type { OnnxEmitter } from './onnx/emitter.ts';
import { currentScope, inScope } from './scope.ts';
import type { TfjsEmitter, TfjsValue } from './tfjs/emitter.ts';
import { createNode } from './tensor.ts';
import type { Attributes, Tensor } from './tensor.ts';
import type { TensorType } from './tensor-type.ts';

type PerInput<I extends readonly Tensor[], T> = { readonly [K in keyof I]: T };

/** What a rule sees of the node that it works on. */
export interface OperatorContext<I extends readonly Tensor[], A, O extends readonly Tensor[]> {
  readonly inputs: I;
  readonly outputs: O;
  readonly attributes: A;
}

/** Everything that is known of an operator, side by side. */
export interface OperatorSpec<
  I extends readonly Tensor[],
  A extends Attributes,
  O extends readonly Tensor[],
> {
  readonly name: string;
  /** Shape rule: the types of the outputs. Throws ShapeError with operator, argument, expectation and what came. */
  shape(inputs: I, attributes: A): PerInput<O, TensorType>;
  /** The plain definition, in float64. */
  value(inputs: PerInput<I, NdArray>, attributes: A): PerInput<O, NdArray>;
  /**
   * Vector-Jacobian product: gradients of the inputs from gradients of the outputs (undefined for an output that the
   * loss does not read). `'none'` for operators whose results are flat or not numbers to differentiate.
   */
  readonly vjp:
    | 'none'
    | ((
        gradients: PerInput<O, Tensor | undefined>,
        context: OperatorContext<I, A, O>,
      ) => PerInput<I, Tensor | undefined>);
  /** ONNX form: emits nodes, returns the names of the outputs. */
  onnx(
    inputs: PerInput<I, string>,
    context: OperatorContext<I, A, O>,
    emit: OnnxEmitter,
  ): PerInput<O, string>;
  /**
   * TensorFlow.js form: emits calls of kernels, returns their results. `'none'` for operators of other engines alone.
   */
  readonly tfjs:
    | 'none'
    | ((
        inputs: PerInput<I, TfjsValue>,
        context: OperatorContext<I, A, O>,
        emit: TfjsEmitter,
      ) => PerInput<O, TfjsValue>);
}

/**
 * Makes a graph function from an operator's definition.
 *
 * The casts are the one place where the typed tuples of a definition meet the untyped lists of the graph.
 */
export function operator<
  I extends readonly Tensor[],
  A extends Attributes = Record<never, never>,
  O extends readonly Tensor[] = readonly [Tensor],
>(spec: OperatorSpec<I, A, O>): (inputs: I, attributes: A) => O {
  const apply = (inputs: I, attributes: A): O => {
    const types = spec.shape(inputs, attributes);
    const scope = currentScope();
    const outputs: O = createNode(
      {
        kind: 'operator',
        operator: spec.name,
        inputs,
        attributes,
        kernel: {
          value: (values) => [...spec.value(values as PerInput<I, NdArray>, attributes)],
          vjp: (gradients) =>
            spec.vjp === 'none'
              ? inputs.map(() => undefined)
              : [
                  ...spec.vjp(gradients as PerInput<O, Tensor | undefined>, {
                    inputs,
                    outputs,
                    attributes,
                  }),
                ],
          onnx: (names, emit) => [
            ...spec.onnx(names as PerInput<I, string>, { inputs, outputs, attributes }, emit),
          ],
          tfjs: (values, emit) =>
            spec.tfjs === 'none'
              ? undefined
              : [...spec.tfjs(values as PerInput<I, TfjsValue>, { inputs, outputs, attributes }, emit)],
          rebuild: (others) => inScope(scope, () => apply(others as I, attributes)),
        },
      },
      [...types],
    ) as O;
    return outputs;
  };
  return apply;
}
