import { ShapeError } from '../errors.ts';
import { operator } from '../operator.ts';
import type { Tensor } from '../tensor.ts';
import { mul, sub } from './arithmetic.ts';
import { greater, less, toFloat } from './compare.ts';

const clipOperator = operator<readonly [Tensor], { low: number; high: number }>({
  name: 'clip',
  shape: ([x], { low, high }) => {
    if (!(low <= high)) throw new ShapeError(`clip: low ${low} must not exceed high ${high}.`);
    if (x.dtype !== 'float32') throw new ShapeError(`clip: expected float32, got ${x.dtype}.`);
    return [{ dtype: 'float32', shape: x.shape }];
  },
  value: ([x], { low, high }) => [
    { ...x, data: x.data.map((e) => (Number.isNaN(e) ? e : Math.min(Math.max(e, low), high))) },
  ],
  vjp: ([dy], { inputs: [x], attributes: { low, high } }) => [
    dy && mul(dy, sub(sub(1, toFloat(less(x, low))), toFloat(greater(x, high)))),
  ],
  onnx: ([x], { attributes: { low, high } }, emit) => [
    emit.node('Clip', [x, emit.constant([low], []), emit.constant([high], [])]),
  ],
  // ClipByValue turns NaN to a bound on WebAssembly.
  tfjs: ([x], { attributes: { low, high } }, emit) => {
    const raised = emit.kernel('Maximum', { a: x, b: emit.constant([low], []) });
    return [emit.kernel('Minimum', { a: raised, b: emit.constant([high], []) })];
  },
});

/**
 * `min(max(x, low), high)`, element by element.
 *
 * The gradient passes where `low ≤ x ≤ high`, both ends included, and is 0 outside, as in PyTorch and TensorFlow.
 *
 * @throws ShapeError if `low > high`
 */
export const clip = (x: Tensor, low: number, high: number): Tensor => clipOperator([x], { low, high })[0];
