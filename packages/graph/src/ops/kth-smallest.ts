import { ShapeError } from '../errors.ts';
import { buildNd, reader } from '../ndarray.ts';
import { operator } from '../operator.ts';
import { checkAxis, formatShape, staticDim } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import type { TfjsValue } from '../tfjs/emitter.ts';
import { div, mul } from './arithmetic.ts';
import { equal, toFloat } from './compare.ts';
import { dropAxes, reducedShape, sum } from './reduce.ts';

const kthSmallestOperator = operator<readonly [Tensor], { k: number; axis: number }>({
  name: 'kthSmallest',
  shape: ([x], { k, axis }) => {
    if (x.dtype !== 'float32')
      throw new ShapeError(`kthSmallest: expected float32, got ${x.dtype}. Convert with toFloat.`);
    checkAxis('kthSmallest', x.shape, axis);
    const length = staticDim('kthSmallest', x.shape, axis);
    if (!Number.isInteger(k) || k < 1 || k > length)
      throw new ShapeError(
        `kthSmallest: k is ${k}, but axis ${axis} of ${formatShape(x.shape)} has ${length} elements. Give a whole number from 1 to ${length}.`,
      );
    return [{ dtype: x.dtype, shape: reducedShape(x.shape, [axis], true) }];
  },
  value: ([x], { k, axis }) => {
    const read = reader(x);
    const kept = x.shape.map((dim, at) => (at === axis ? 1 : dim));
    return [
      buildNd(x.dtype, kept, (position) => {
        const along = Float64Array.from({ length: x.shape[axis] ?? 0 }, (_, i) =>
          read(position.with(axis, i)),
        );
        return along.toSorted()[k - 1] ?? Number.NaN;
      }),
    ];
  },
  vjp: ([dy], { inputs: [x], outputs: [y], attributes: { axis } }) => {
    if (!dy) return [undefined];
    const chosen = toFloat(equal(x, y));
    return [mul(chosen, div(dy, sum(chosen, { axes: [axis], keepDims: true })))];
  },
  onnx: ([x], { attributes: { k, axis } }, emit) => {
    // Unsorted, the engine selects without sorting; the largest of the k smallest is the k-th.
    const options = { axis: BigInt(axis), largest: 0n, sorted: 0n };
    const [smallest = ''] = emit.nodeWithOutputs('TopK', [x, emit.integers([k])], 2, options);
    return [emit.node('ReduceMax', [smallest, emit.integers([axis])], { keepdims: 1n })];
  },
  tfjs: ([x], { inputs: [input], outputs: [y], attributes: { k, axis } }, emit) => {
    // The kernel takes the largest, sorted, of the last axis: the last of the n − k + 1 largest is the k-th smallest.
    const last = input.shape.length - 1;
    const length = staticDim('kthSmallest', input.shape, axis);
    const exchanged = input.shape.map((_, at) => (at === axis ? last : at === last ? axis : at));
    const exchange = (value: TfjsValue): TfjsValue =>
      axis === last ? value : emit.kernel('Transpose', { x: value }, { perm: exchanged });
    const count = length - k + 1;
    const [largest = x] = emit.kernelWithOutputs('TopK', { x: exchange(x) }, 2, { k: count, sorted: true });
    const chosen = emit.kernel('Slice', { x: largest }, (lengthsOf) => ({
      begin: exchanged.map((_, at) => (at === last ? count - 1 : 0)),
      size: lengthsOf(exchanged.map((at) => y.shape[at] ?? 1)),
    }));
    return [exchange(chosen)];
  },
});

/** Which element, and along which axis. */
export interface KthSmallestOptions {
  /** Counted from 1. */
  readonly k: number;
  readonly axis: number;
  /** Keep the axis with length 1; default false. */
  readonly keepDims?: boolean;
}

/**
 * The k-th smallest element along an axis: of n elements the median is that with k = (n + 1) / 2. Elements that are equal to it
 * share the gradient evenly.
 *
 * @throws ShapeError if the axis' length is not known or k does not lie in it
 */
export function kthSmallest(x: Tensor, { k, axis, keepDims = false }: KthSmallestOptions): Tensor {
  const [kept] = kthSmallestOperator([x], { k, axis });
  return keepDims ? kept : dropAxes(kept, [axis]);
}
