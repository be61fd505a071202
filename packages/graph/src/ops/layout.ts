import { ShapeError } from '../errors.ts';
import { product } from '../ndarray.ts';
import { buildNd, reader } from '../ndarray.ts';
import { reshapeTarget } from '../onnx/emitter.ts';
import { operator } from '../operator.ts';
import { factorsOf, formatShape, sameShape, sizeOfShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import type { Dim, Shape } from '../tensor-type.ts';

const names = (shape: Shape): string =>
  shape
    .flatMap((dim) => factorsOf(dim).name ?? [])
    .toSorted()
    .join();
/** Number of elements for each entry of the named axes. */
const sizePerName = (shape: Shape): number =>
  shape.reduce<number>((size, dim) => size * factorsOf(dim).times, 1);
const knownSize = (shape: Shape): number => sizeOfShape(shape.filter((dim) => typeof dim === 'number'));

const reshapeOperator = operator<readonly [Tensor], { shape: readonly string[] }>({
  name: 'reshape',
  shape: ([x], { shape: encoded }) => {
    const shape = encoded.map(decodeDim);
    if (names(shape).includes(','))
      throw new ShapeError(
        `reshape: ${formatShape(shape)} has more than one named axis. Give at most one, the engine infers it.`,
      );
    if (names(x.shape) !== names(shape) || sizePerName(x.shape) !== sizePerName(shape))
      throw new ShapeError(
        `reshape: ${formatShape(x.shape)} and ${formatShape(shape)} differ in their number of elements.`,
      );
    return [{ dtype: x.dtype, shape }];
  },
  value: ([x], { shape: encoded }) => {
    const shape = encoded.map(decodeDim);
    const free = product(x.shape) / knownSize(shape);
    return [{ ...x, shape: shape.map((dim) => (typeof dim === 'number' ? dim : free)) }];
  },
  vjp: ([dy], { inputs: [x] }) => [dy && reshape(dy, x.shape)],
  onnx: ([x], { outputs: [y] }, emit) => [
    emit.node(
      'Reshape',
      [x, emit.integers(reshapeTarget(y.shape))],
      // Else a length of 0 means that of x.
      y.shape.includes(0) ? { allowzero: 1n } : {},
    ),
  ],
  tfjs: ([x], { outputs: [y] }, emit) => [
    emit.kernel('Reshape', { x }, (lengthsOf) => ({ shape: lengthsOf(y.shape) })),
  ],
});

// Attributes are plain values: a named axis is kept as its name, a length as `=n`.
const encodeDim = (dim: Dim): string => (typeof dim === 'number' ? `=${dim}` : dim);
const decodeDim = (dim: string): Dim => (dim.startsWith('=') ? Number(dim.slice(1)) : dim);

/**
 * The same elements in another shape.
 *
 * @param shape at most one named axis, which must be `x`'s own, or a multiple of it by `multipleOf`
 * @throws ShapeError if the number of elements differs
 */
export const reshape = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : reshapeOperator([x], { shape: shape.map(encodeDim) })[0];

/** Permutation that undoes another. */
const inversePermutation = (order: readonly number[]): number[] =>
  order.map((_, axis) => order.indexOf(axis));

const transposeOperator = operator<readonly [Tensor], { order: readonly number[] }>({
  name: 'transpose',
  shape: ([x], { order }) => {
    if (order.length !== x.shape.length || order.some((_, axis) => !order.includes(axis)))
      throw new ShapeError(
        `transpose: order ${formatShape(order)} is not a permutation of the ${x.shape.length} axes of ${formatShape(x.shape)}.`,
      );
    return [{ dtype: x.dtype, shape: order.map((axis) => x.shape[axis] ?? 1) }];
  },
  value: ([x], { order }) => {
    const read = reader(x);
    const back = inversePermutation(order);
    const shape = order.map((axis) => x.shape[axis] ?? 1);
    return [buildNd(x.dtype, shape, (position) => read(back.map((axis) => position[axis] ?? 0)))];
  },
  vjp: ([dy], { attributes }) => [dy && transpose(dy, inversePermutation(attributes.order))],
  onnx: ([x], { attributes }, emit) => [emit.node('Transpose', [x], { perm: attributes.order.map(BigInt) })],
  tfjs: ([x], { attributes }, emit) => [emit.kernel('Transpose', { x }, { perm: attributes.order })],
});

/**
 * Axes in another order: `y[i_0, …] = x[i_order⁻¹…]`; by default reversed.
 *
 * @throws ShapeError if `order` is not a permutation of the axes
 */
export const transpose = (
  x: Tensor,
  order: readonly number[] = x.shape.map((_, axis) => x.shape.length - 1 - axis),
): Tensor => transposeOperator([x], { order })[0];

/**
 * The same value, held constant in differentiation: `grad` does not look behind it.
 */
export const stopGradient = (x: Tensor): Tensor => stopGradientOperator([x], {})[0];

const stopGradientOperator = operator<readonly [Tensor]>({
  name: 'stopGradient',
  shape: ([x]) => [{ dtype: x.dtype, shape: x.shape }],
  value: ([x]) => [x],
  vjp: 'none',
  onnx: ([x]) => [x],
  tfjs: ([x]) => [x],
});
