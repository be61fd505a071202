import { ShapeError } from '../errors.ts';
import { buildNd, reader } from '../ndarray.ts';
import type { NdArray } from '../ndarray.ts';
import { operator } from '../operator.ts';
import { checkAxis, formatShape, staticDim } from '../shape.ts';
import { constant } from '../tensor.ts';
import type { Tensor } from '../tensor.ts';
import type { Dim, Shape } from '../tensor-type.ts';
import { expandAs } from './reduce.ts';

const withDim = (shape: Shape, axis: number, dim: Dim): Shape =>
  shape.map((length, at) => (at === axis ? dim : length));

function sliceNd(x: NdArray, axis: number, start: number, length: number): NdArray {
  const read = reader(x);
  const shape = x.shape.map((dim, at) => (at === axis ? length : dim));
  return buildNd(x.dtype, shape, (position) =>
    read(position.map((at, index) => (index === axis ? at + start : at))),
  );
}

const concatOperator = operator<readonly Tensor[], { axis: number }>({
  name: 'concat',
  shape: (inputs, { axis }) => {
    const [first] = inputs;
    if (!first) throw new ShapeError('concat: expected at least one tensor, got none.');
    let length = 0;
    inputs.forEach((x, i) => {
      checkAxis('concat', x.shape, axis);
      length += staticDim(`concat: tensor ${i}`, x.shape, axis);
      const fits =
        x.shape.length === first.shape.length &&
        x.shape.every((dim, at) => at === axis || dim === first.shape[at]) &&
        x.dtype === first.dtype;
      if (!fits)
        throw new ShapeError(
          `concat: tensor ${i} is ${x.dtype} ${formatShape(x.shape)}, expected ${first.dtype} ${formatShape(withDim(first.shape, axis, 'any'))}.`,
        );
    });
    return [{ dtype: first.dtype, shape: withDim(first.shape, axis, length) }];
  },
  value: (inputs, { axis }) => {
    const [first] = inputs;
    if (!first) throw new ShapeError('concat: expected at least one tensor, got none.');
    const owners = inputs.flatMap((x) =>
      Array.from({ length: x.shape[axis] ?? 0 }, (_, at) => ({ read: reader(x), at })),
    );
    const shape = first.shape.map((dim, at) => (at === axis ? owners.length : dim));
    return [
      buildNd(first.dtype, shape, (position) => {
        const owner = owners[position[axis] ?? 0];
        return owner ? owner.read(position.map((at, index) => (index === axis ? owner.at : at))) : Number.NaN;
      }),
    ];
  },
  vjp: ([dy], { inputs, attributes: { axis } }) =>
    dy
      ? split(
          dy,
          inputs.map((x) => staticDim('concat', x.shape, axis)),
          axis,
        )
      : inputs.map(() => undefined),
  onnx: (inputs, { attributes: { axis } }, emit) => [emit.node('Concat', inputs, { axis: BigInt(axis) })],
  tfjs: (inputs, { attributes: { axis } }, emit) => [emit.kernel('Concat', inputs, { axis })],
});

/**
 * Tensors joined along an axis.
 *
 * @param axis must have a known length in each; all other axes must be equal
 * @throws ShapeError if not
 */
export const concat = (inputs: readonly Tensor[], axis = 0): Tensor => {
  const [only, ...others] = inputs;
  if (!only || others.length > 0) return concatOperator(inputs, { axis })[0];
  checkAxis('concat', only.shape, axis);
  return only;
};

const splitOperator = operator<
  readonly [Tensor],
  { sizes: readonly number[]; axis: number; names?: readonly string[] },
  readonly Tensor[]
>({
  name: 'split',
  shape: ([x], { sizes, axis }) => {
    const length = staticDim('split', x.shape, axis);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    if (total !== length || sizes.some((size) => !Number.isInteger(size) || size < 1))
      throw new ShapeError(
        `split: sizes ${formatShape(sizes)} must be whole numbers >= 1 with sum ${length}, the length of axis ${axis} of ${formatShape(x.shape)}; their sum is ${total}.`,
      );
    return sizes.map((size) => ({ dtype: x.dtype, shape: withDim(x.shape, axis, size) }));
  },
  value: ([x], { sizes, axis }) => {
    let start = 0;
    return sizes.map((size) => sliceNd(x, axis, (start += size) - size, size));
  },
  vjp: (gradients, { outputs, attributes: { axis } }) =>
    gradients.every((gradient) => gradient === undefined)
      ? [undefined]
      : [
          concat(
            gradients.map(
              (gradient, i) => gradient ?? (outputs[i] ? expandAs(constant(0), outputs[i]) : constant(0)),
            ),
            axis,
          ),
        ],
  onnx: ([x], { attributes: { sizes, axis } }, emit) =>
    emit.nodeWithOutputs('Split', [x, emit.integers(sizes)], sizes.length, { axis: BigInt(axis) }),
  tfjs: ([x], { attributes: { sizes, axis } }, emit) =>
    emit.kernelWithOutputs('SplitV', { x }, sizes.length, { numOrSizeSplits: sizes, axis }),
});

/**
 * Consecutive parts of the given lengths along an axis.
 *
 * @param names what the parts are called in files once they are constants; default: nothing
 * @throws ShapeError if the lengths do not add up to the axis
 */
export const split = (
  x: Tensor,
  sizes: readonly number[],
  axis = 0,
  names?: readonly string[],
): readonly Tensor[] =>
  sizes.length === 1 && sizes[0] === x.shape[axis]
    ? [x]
    : splitOperator([x], { sizes, axis, ...(names && { names }) });

const sliceOperator = operator<readonly [Tensor], { axis: number; start: number; end: number }>({
  name: 'slice',
  shape: ([x], { axis, start, end }) => {
    const length = staticDim('slice', x.shape, axis);
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end > length || start >= end)
      throw new ShapeError(
        `slice: ${start} to ${end} does not lie in axis ${axis} of ${formatShape(x.shape)}. Give 0 <= start < end <= ${length}.`,
      );
    return [{ dtype: x.dtype, shape: withDim(x.shape, axis, end - start) }];
  },
  value: ([x], { axis, start, end }) => [sliceNd(x, axis, start, end - start)],
  vjp: ([dy], { inputs: [x], attributes: { axis, start, end } }) => [
    dy && pad(dy, { axis, before: start, after: staticDim('slice', x.shape, axis) - end }),
  ],
  onnx: ([x], { attributes: { axis, start, end } }, emit) => [
    emit.node('Slice', [x, emit.integers([start]), emit.integers([end]), emit.integers([axis])]),
  ],
  tfjs: ([x], { outputs: [y], attributes: { axis, start } }, emit) => [
    emit.kernel('Slice', { x }, (lengthsOf) => ({
      begin: y.shape.map((_, at) => (at === axis ? start : 0)),
      size: lengthsOf(y.shape),
    })),
  ],
});

/**
 * The entries `start` to `end` (exclusive) along an axis.
 *
 * @throws ShapeError if they do not lie inside it
 */
export const slice = (x: Tensor, { axis = 0, start = 0, end }: SliceOptions = {}): Tensor =>
  sliceOperator([x], { axis, start, end: end ?? staticDim('slice', x.shape, axis) })[0];

export interface SliceOptions {
  /** Default 0. */
  readonly axis?: number;
  /** First entry; default 0. */
  readonly start?: number;
  /** One past the last entry; default the axis' length. */
  readonly end?: number;
}

export interface PadOptions {
  /** Default 0. */
  readonly axis?: number;
  /** Zeros put before; default 0. */
  readonly before?: number;
  /** Zeros put after; default 0. */
  readonly after?: number;
}

const padOperator = operator<readonly [Tensor], { axis: number; before: number; after: number }>({
  name: 'pad',
  shape: ([x], { axis, before, after }) => {
    const length = staticDim('pad', x.shape, axis);
    if (!Number.isInteger(before) || !Number.isInteger(after) || before < 0 || after < 0)
      throw new ShapeError(
        `pad: expected whole numbers >= 0 of zeros, got ${before} before and ${after} after.`,
      );
    return [{ dtype: x.dtype, shape: withDim(x.shape, axis, before + length + after) }];
  },
  value: ([x], { axis, before, after }) => {
    const read = reader(x);
    const length = x.shape[axis] ?? 0;
    const shape = x.shape.map((dim, at) => (at === axis ? before + dim + after : dim));
    return [
      buildNd(x.dtype, shape, (position) => {
        const source = (position[axis] ?? 0) - before;
        if (source < 0 || source >= length) return 0;
        return read(position.map((at, index) => (index === axis ? source : at)));
      }),
    ];
  },
  vjp: ([dy], { inputs: [x], attributes: { axis, before } }) => [
    dy && slice(dy, { axis, start: before, end: before + staticDim('pad', x.shape, axis) }),
  ],
  onnx: ([x], { attributes: { axis, before, after } }, emit) => [
    emit.node('Pad', [x, emit.integers([before, after]), '', emit.integers([axis])]),
  ],
  tfjs: ([x], { outputs: [y], attributes: { axis, before, after } }, emit) => [
    emit.kernel(
      'PadV2',
      { x },
      { paddings: y.shape.map((_, at) => (at === axis ? [before, after] : [0, 0])), constantValue: 0 },
    ),
  ],
});

/**
 * Zeros put before and after the entries of an axis: the adjoint of `slice`.
 *
 * @throws ShapeError if the axis' length is not known or the counts are not whole numbers >= 0
 */
export const pad = (x: Tensor, { axis = 0, before = 0, after = 0 }: PadOptions): Tensor =>
  before === 0 && after === 0 ? x : padOperator([x], { axis, before, after })[0];
