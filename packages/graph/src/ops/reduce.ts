import { ShapeError } from '../errors.ts';
import { buildNd, product, reader } from '../ndarray.ts';
import type { NdArray } from '../ndarray.ts';
import { operator } from '../operator.ts';
import { broadcastsTo, checkAxis, formatShape, isStatic, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import type { Dim, Shape } from '../tensor-type.ts';
import { broadcastTo } from '../tfjs/emitter.ts';
import { reshape } from './layout.ts';

/** Sum (or maximum) over axes in float64, keeping them with length 1. */
export function reduceNd(
  x: NdArray,
  axes: readonly number[],
  start: number,
  combine: (a: number, b: number) => number,
): NdArray {
  const kept = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const read = reader(x);
  const inner = axes.map((axis) => x.shape[axis] ?? 1);
  return buildNd(x.dtype, kept, (position) => {
    let total = start;
    const at = [...position];
    const walk = (level: number): void => {
      const axis = axes[level];
      if (axis === undefined) {
        total = combine(total, read(at));
        return;
      }
      for (let i = 0; i < (inner[level] ?? 0); i++) {
        at[axis] = i;
        walk(level + 1);
      }
    };
    walk(0);
    return total;
  });
}

/** The shape left by a reduction. */
export const reducedShape = (shape: Shape, axes: readonly number[], keepDims: boolean): Shape =>
  shape
    .map((dim, axis): Dim => (axes.includes(axis) ? 1 : dim))
    .filter((_, axis) => keepDims || !axes.includes(axis));

export interface ReduceOptions {
  /** Axes to reduce; default all. */
  readonly axes?: readonly number[];
  /** Keep reduced axes with length 1; default false. */
  readonly keepDims?: boolean;
}

export function reduceAxes(where: string, x: Tensor, axes: readonly number[] | undefined): readonly number[] {
  const list = axes ?? x.shape.map((_, axis) => axis);
  list.forEach((axis) => checkAxis(where, x.shape, axis));
  if (new Set(list).size !== list.length)
    throw new ShapeError(`${where}: axes ${formatShape(list)} name an axis twice.`);
  return list.toSorted((a, b) => a - b);
}

/** Drops axes of length 1 that a reduction kept. */
export const dropAxes = (x: Tensor, axes: readonly number[]): Tensor =>
  reshape(
    x,
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );

const ones = (length: number): Float32Array => new Float32Array(length).fill(1);

const sumOperator = operator<readonly [Tensor], { axes: readonly number[]; keepDims: boolean }>({
  name: 'sum',
  shape: ([x], { axes, keepDims }) => {
    if (x.dtype !== 'float32')
      throw new ShapeError(`sum: expected float32, got ${x.dtype}. Convert with toFloat.`);
    return [{ dtype: x.dtype, shape: reducedShape(x.shape, axes, keepDims) }];
  },
  value: ([x], { axes, keepDims }) => {
    const kept = reduceNd(x, axes, 0, (a, b) => a + b);
    return [{ ...kept, shape: kept.shape.filter((_, axis) => keepDims || !axes.includes(axis)) }];
  },
  vjp: ([dy], { inputs: [x], attributes: { axes } }) => [
    dy && expandAs(reshape(dy, reducedShape(x.shape, axes, true)), x),
  ],
  onnx: ([x], { inputs: [input], attributes: { axes, keepDims } }, emit) => {
    const [rows, columns] = input.shape;
    if (input.shape.length === 1 && typeof rows === 'number' && axes.length === 1 && !keepDims)
      return [emit.node('MatMul', [x, emit.constant(ones(rows), [rows])])];
    const isMatrix = input.shape.length === 2 && typeof rows === 'number' && typeof columns === 'number';
    // A product with ones is several times faster than ReduceSum on the CPU engine, over rows most of all.
    if (isMatrix && axes.join() === '0')
      return [emit.node('MatMul', [emit.constant(ones(rows), keepDims ? [1, rows] : [rows]), x])];
    if (isMatrix && axes.join() === '1') {
      // With a vector of ones instead of a column the engine would take the slow way.
      const column = emit.node('MatMul', [x, emit.constant(ones(columns), [columns, 1])]);
      return [keepDims ? column : emit.node('Reshape', [column, emit.integers([rows])])];
    }
    return [emit.node('ReduceSum', [x, emit.integers(axes)], { keepdims: keepDims ? 1n : 0n })];
  },
  tfjs: ([x], { attributes: { axes, keepDims } }, emit) => [
    emit.kernel('Sum', { x }, { axis: axes, keepDims }),
  ],
});

/**
 * Sum over axes: `y = Σ x`.
 *
 * @param options.axes default all; `options.keepDims` default false
 * @throws ShapeError if an axis does not exist or is named twice
 */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  const axes = reduceAxes('sum', x, options.axes);
  if (axes.length === 0) return x;
  return sumOperator([x], { axes, keepDims: options.keepDims === true })[0];
}

const expandOperator = operator<readonly [x: Tensor, like: Tensor], Record<never, never>>({
  name: 'expandAs',
  shape: ([x, like]) => {
    if (!broadcastsTo(x.shape, like.shape))
      throw new ShapeError(
        `expandAs: ${formatShape(x.shape)} does not broadcast to ${formatShape(like.shape)}.`,
      );
    return [{ dtype: x.dtype, shape: like.shape }];
  },
  value: ([x, like]) => [buildNd(x.dtype, like.shape, reader(x))],
  vjp: ([dy], { inputs: [x] }) => [dy && sumTo(dy, x.shape), undefined],
  onnx: ([x, like], { inputs: [, likeTensor] }, emit) => [
    emit.node('Expand', [
      x,
      isStatic(likeTensor.shape) ? emit.integers(likeTensor.shape) : emit.node('Shape', [like]),
    ]),
  ],
  tfjs: ([value], { inputs: [x, like] }, emit) => [broadcastTo(value, x.shape, like.shape, emit)],
});

/**
 * Repeats `x` by broadcasting until it has the shape of `like`, of which only the shape matters.
 *
 * @throws ShapeError if `x` does not broadcast to that shape
 */
export const expandAs = (x: Tensor, like: Tensor): Tensor =>
  sameShape(x.shape, like.shape) ? x : expandOperator([x, like], {})[0];

/**
 * Sums a gradient back to the shape that was broadcast: the adjoint of broadcasting.
 *
 * @throws ShapeError if `shape` does not broadcast to `x`'s shape
 */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (!broadcastsTo(shape, x.shape))
    throw new ShapeError(`sumTo: ${formatShape(shape)} does not broadcast to ${formatShape(x.shape)}.`);
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((dim, axis) =>
    axis < lead || (shape[axis - lead] === 1 && dim !== 1) ? [axis] : [],
  );
  const keepDims = axes.some((axis) => axis >= lead);
  return reshape(sum(x, { axes, keepDims }), shape);
}

const elementCountOperator = operator<readonly [Tensor], { axes: readonly number[] }>({
  name: 'elementCount',
  shape: () => [{ dtype: 'float32', shape: [] }],
  value: ([x], { axes }) => [
    {
      dtype: 'float32',
      shape: [],
      data: Float64Array.of(product(axes.map((axis) => x.shape[axis] ?? 1))),
    },
  ],
  vjp: 'none',
  onnx: ([x], { attributes: { axes } }, emit) => {
    const lengths = emit.node('Gather', [emit.node('Shape', [x]), emit.integers(axes)], { axis: 0n });
    // 1 is ONNX's code for float32.
    return [emit.node('Cast', [emit.node('ReduceProd', [lengths], { keepdims: 0n })], { to: 1n })];
  },
  tfjs: (_, { inputs: [x], attributes: { axes } }, emit) => [
    emit.kernel('Fill', {}, (lengthsOf) => ({
      shape: [],
      value: product(lengthsOf(axes.map((axis) => x.shape[axis] ?? 1))),
      dtype: 'float32',
    })),
  ],
});

/** How many elements lie along the given axes (default all), as a float32 scalar computed when the program runs. */
export const elementCount = (x: Tensor, axes?: readonly number[]): Tensor =>
  elementCountOperator([x], { axes: reduceAxes('elementCount', x, axes) })[0];
