import { ShapeError } from './errors.ts';
import type { NdArray } from './ndarray.ts';
import type { OnnxEmitter } from './onnx/emitter.ts';
import { currentScope } from './scope.ts';
import { formatShape, sizeOfShape } from './shape.ts';
import type { DType, TensorType } from './tensor-type.ts';
import type { TfjsEmitter, TfjsValue } from './tfjs/emitter.ts';

/** A symbolic array: one output of a node of the graph. Nothing is computed until a program runs. */
export interface Tensor extends TensorType {
  readonly node: Node;
  /** Which of the node's outputs this is. */
  readonly index: number;
}

/** Plain values that parametrize an operator; part of a node's identity. */
export type Attributes = Readonly<
  Record<string, number | string | boolean | readonly number[] | readonly string[] | undefined>
>;

/** What an operator can do with one of its nodes. */
interface Kernel {
  /** Computes the outputs in float64 from the inputs. */
  value(inputs: readonly NdArray[]): NdArray[];
  /** Gradients of the inputs from the gradients of the outputs; undefined where there is none. */
  vjp(outputGradients: readonly (Tensor | undefined)[]): readonly (Tensor | undefined)[];
  /** Writes the node as ONNX nodes and returns the names of its outputs. */
  onnx(inputs: readonly string[], emit: OnnxEmitter): readonly string[];
  /** Writes the node as calls of TensorFlow.js kernels and returns their results; undefined if it has no such form. */
  tfjs(inputs: readonly TfjsValue[], emit: TfjsEmitter): readonly TfjsValue[] | undefined;
  /** The same operator with the same attributes on other inputs. */
  rebuild(inputs: readonly Tensor[]): readonly Tensor[];
}

interface NodeBase {
  /** Grows with creation, so that every node's id is larger than its inputs' ids. */
  readonly id: number;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Name of the module that made it; empty if none did. */
  readonly scope: string;
}

/** A value given from outside: an input of each run, or a state that runs carry on. */
interface PlaceholderNode extends NodeBase {
  readonly kind: 'input' | 'state';
  readonly name: string;
}

export interface ConstantNode extends NodeBase {
  readonly kind: 'constant';
  readonly data: ArrayLike<number>;
  /** What it is called in files, such as a parameter's name; undefined for numbers that need none. */
  readonly name: string | undefined;
}

export interface OperatorNode extends NodeBase {
  readonly kind: 'operator';
  readonly operator: string;
  readonly attributes: Attributes;
  readonly kernel: Kernel;
}

export type Node = PlaceholderNode | ConstantNode | OperatorNode;

let nextId = 0;

/** Distributes over the kinds of node, so that each keeps its own fields. */
type WithoutIdentity<N> = N extends Node ? Omit<N, 'id' | 'outputs' | 'scope'> : never;

/** Creates a node and the tensors that it gives. For operators use `operator()`. */
export function createNode(fields: WithoutIdentity<Node>, types: readonly TensorType[]): readonly Tensor[] {
  const outputs: Tensor[] = [];
  const node: Node = { ...fields, id: nextId++, outputs, scope: currentScope() };
  types.forEach(({ dtype, shape }, index) => outputs.push({ node, index, dtype, shape }));
  return outputs;
}

/** Creates a node with one output. */
function createLeaf(fields: WithoutIdentity<PlaceholderNode | ConstantNode>, type: TensorType): Tensor {
  const [tensor] = createNode(fields, [type]);
  if (!tensor) throw new ShapeError('a leaf has one output');
  return tensor;
}

/** A placeholder that a program fills at each run. Programs make these; see `program`. */
export function placeholder(kind: 'input' | 'state', name: string, type: TensorType): Tensor {
  type.shape.forEach((dim) => {
    if (typeof dim === 'number' ? !Number.isInteger(dim) || dim < 0 : dim === '')
      throw new ShapeError(
        `${kind} ${name}: ${String(dim)} is not an axis length. Give whole numbers >= 0 or axis names.`,
      );
  });
  return createLeaf({ kind, name, inputs: [] }, type);
}

/**
 * A constant.
 *
 * @param data the elements in row-major order, or one number for a scalar
 * @param shape defaults to `[]` for a number and `[data.length]` for an array
 * @param name what it is called in files; default: none
 * @throws ShapeError if the number of elements is not the shape's
 */
export function constant(
  data: number | ArrayLike<number>,
  shape?: readonly number[],
  dtype: DType = 'float32',
  name?: string,
): Tensor {
  const values = typeof data === 'number' ? [data] : data;
  const fullShape = shape ?? (typeof data === 'number' ? [] : [data.length]);
  if (sizeOfShape(fullShape) !== values.length)
    throw new ShapeError(
      `constant: shape ${formatShape(fullShape)} has ${sizeOfShape(fullShape)} elements but the data has ${values.length}.`,
    );
  return createLeaf({ kind: 'constant', data: values, name, inputs: [] }, { dtype, shape: fullShape });
}

/** A tensor, or a number that becomes a float32 scalar. */
export type TensorLike = Tensor | number;

export const toTensor = (x: TensorLike): Tensor => (typeof x === 'number' ? constant(x) : x);
