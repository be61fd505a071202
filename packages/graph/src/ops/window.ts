import { ShapeError } from '../errors.ts';
import { operator } from '../operator.ts';
import { formatShape, staticDim } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import type { TfjsEmitter, TfjsValue } from '../tfjs/emitter.ts';

const checkStart = (where: string, x: Tensor, start: Tensor): void => {
  if (x.shape.length !== 1)
    throw new ShapeError(`${where}: expected one axis, got ${formatShape(x.shape)}. Reshape first.`);
  if (start.dtype !== 'int64' || start.shape.length !== 1 || start.shape[0] !== 1)
    throw new ShapeError(
      `${where}: start must be int64 [1], got ${start.dtype} ${formatShape(start.shape)}.`,
    );
};

/** Where the entries of a window lie. */
const positions = (start: TfjsValue, length: number, emit: TfjsEmitter): TfjsValue =>
  emit.kernel('Add', {
    a: start,
    b: emit.constant(
      Int32Array.from({ length }, (_, i) => i),
      [length],
      'int64',
    ),
  });

const windowOperator = operator<readonly [x: Tensor, start: Tensor], { length: number }>({
  name: 'window',
  shape: ([x, start], { length }) => {
    checkStart('window', x, start);
    const total = staticDim('window', x.shape, 0);
    if (!Number.isInteger(length) || length < 1 || length > total)
      throw new ShapeError(`window: length ${length} must be a whole number from 1 to ${total}.`);
    return [{ dtype: x.dtype, shape: [length] }];
  },
  value: ([x, start], { length }) => {
    const first = start.data[0] ?? Number.NaN;
    if (!(first >= 0 && first + length <= x.data.length))
      throw new RangeError(
        `window: ${length} entries from ${first} do not lie in the ${x.data.length} of x.`,
      );
    return [{ ...x, shape: [length], data: x.data.slice(first, first + length) }];
  },
  vjp: ([dy], { inputs: [x, start] }) => [
    dy && unwindow(dy, start, staticDim('window', x.shape, 0)),
    undefined,
  ],
  onnx: ([x, start], { attributes: { length } }, emit) => [
    emit.node('Slice', [x, start, emit.node('Add', [start, emit.integers([length])]), emit.integers([0])]),
  ],
  tfjs: ([x, start], { attributes: { length } }, emit) => [
    emit.kernel('GatherV2', { x, indices: positions(start, length, emit) }, { axis: 0, batchDims: 0 }),
  ],
});

const unwindowOperator = operator<readonly [x: Tensor, start: Tensor], { total: number }>({
  name: 'unwindow',
  shape: ([x, start], { total }) => {
    checkStart('unwindow', x, start);
    const length = staticDim('unwindow', x.shape, 0);
    if (!Number.isInteger(total) || total < length)
      throw new ShapeError(`unwindow: total ${total} must be a whole number >= ${length}, the entries of x.`);
    return [{ dtype: x.dtype, shape: [total] }];
  },
  value: ([x, start], { total }) => {
    const data = new Float64Array(total);
    data.set(x.data, start.data[0] ?? 0);
    return [{ ...x, shape: [total], data }];
  },
  vjp: ([dy], { inputs: [x, start] }) => [
    dy && window(dy, start, staticDim('unwindow', x.shape, 0)),
    undefined,
  ],
  onnx: ([x, start], { inputs: [input], attributes: { total } }, emit) => {
    const padded = emit.integers([total - staticDim('unwindow', input.shape, 0)]);
    const pads = emit.node('Concat', [start, emit.node('Sub', [padded, start])], { axis: 0n });
    return [emit.node('Pad', [x, pads])];
  },
  tfjs: ([x, start], { inputs: [input], attributes: { total } }, emit) => {
    const length = staticDim('unwindow', input.shape, 0);
    const indices = emit.kernel('Reshape', { x: positions(start, length, emit) }, { shape: [length, 1] });
    return [emit.kernel('ScatterNd', { indices, updates: x }, { shape: [total] })];
  },
});

/**
 * `length` consecutive entries from a position that is given when the program runs: `y[i] = x[start + i]`.
 *
 * Its use is randomness from the host: a window into a constant bank of random masks costs a copy, drawing them in
 * the engine costs ten times that.
 *
 * @param x one axis of known length
 * @param start int64 [1]; start + length must not pass the end of `x`
 * @throws ShapeError if shapes do not fit
 */
export function window(x: Tensor, start: Tensor, length: number): Tensor {
  return windowOperator([x, start], { length })[0];
}

/**
 * `x` among zeros, from a position that is given when the program runs: the adjoint of `window`.
 *
 * @param total length of the result
 * @throws ShapeError if shapes do not fit
 */
export function unwindow(x: Tensor, start: Tensor, total: number): Tensor {
  return unwindowOperator([x, start], { total })[0];
}
