import { ShapeError } from '../errors.ts';
import { operator } from '../operator.ts';
import type { Tensor } from '../tensor.ts';
import { add, div, mul, sub } from './arithmetic.ts';
import { exp, log } from './activation.ts';
import { equal, toFloat } from './compare.ts';
import { stopGradient } from './layout.ts';
import { dropAxes, elementCount, reduceAxes, reducedShape, reduceNd, sum } from './reduce.ts';
import type { ReduceOptions } from './reduce.ts';

const maxOperator = operator<readonly [Tensor], { axes: readonly number[] }>({
  name: 'max',
  shape: ([x], { axes }) => {
    if (x.dtype !== 'float32')
      throw new ShapeError(`max: expected float32, got ${x.dtype}. Convert with toFloat.`);
    return [{ dtype: x.dtype, shape: reducedShape(x.shape, axes, true) }];
  },
  value: ([x], { axes }) => [reduceNd(x, axes, Number.NEGATIVE_INFINITY, Math.max)],
  vjp: ([dy], { inputs: [x], outputs: [y], attributes: { axes } }) => {
    if (!dy) return [undefined];
    const chosen = toFloat(equal(x, y));
    return [mul(chosen, div(dy, sum(chosen, { axes, keepDims: true })))];
  },
  onnx: ([x], { attributes: { axes } }, emit) => [
    emit.node('ReduceMax', [x, emit.integers(axes)], { keepdims: 1n }),
  ],
  tfjs: ([x], { attributes: { axes } }, emit) => [
    emit.kernel('Max', { x }, { reductionIndices: axes, keepDims: true }),
  ],
});

/**
 * Largest element over axes. Elements that share the maximum share the gradient evenly.
 *
 * @throws ShapeError if an axis does not exist or is named twice
 */
export function max(x: Tensor, options: ReduceOptions = {}): Tensor {
  const axes = reduceAxes('max', x, options.axes);
  if (axes.length === 0) return x;
  const [kept] = maxOperator([x], { axes });
  return options.keepDims === true ? kept : dropAxes(kept, axes);
}

/**
 * Mean over axes: `y = Σ x / n`.
 *
 * @throws ShapeError if an axis does not exist or is named twice
 */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  const axes = reduceAxes('mean', x, options.axes);
  const lengths = axes.map((axis) => x.shape[axis]);
  const known = lengths.every((length) => typeof length === 'number');
  const total = sum(x, options);
  return known
    ? mul(total, 1 / lengths.reduce<number>((n, length) => n * Number(length), 1))
    : div(total, elementCount(x, axes));
}

/**
 * `log Σ eˣ` over axes, without overflow.
 *
 * @throws ShapeError if an axis does not exist or is named twice
 */
export function logSumExp(x: Tensor, options: ReduceOptions = {}): Tensor {
  const axes = reduceAxes('logSumExp', x, options.axes);
  const peak = stopGradient(max(x, { axes, keepDims: true }));
  const kept = add(log(sum(exp(sub(x, peak)), { axes, keepDims: true })), peak);
  return options.keepDims === true ? kept : dropAxes(kept, axes);
}
