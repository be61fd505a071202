import { ShapeError } from '../errors.ts';
import { operator } from '../operator.ts';
import type { Tensor } from '../tensor.ts';

interface UnarySpec {
  readonly name: string;
  /** ONNX operator of the same meaning. */
  readonly onnx: string;
  /** TensorFlow.js kernel of the same meaning. */
  readonly tfjs: string;
  readonly value: (x: number) => number;
  /** Gradient of x from the gradient of y; `y` is the forward result, for reuse. */
  readonly vjp: (dy: Tensor, forward: { x: Tensor; y: Tensor }) => Tensor;
}

/** A float function of one element, from its definition and its derivative. */
export function unary({ name, onnx, tfjs, value, vjp }: UnarySpec): (x: Tensor) => Tensor {
  const apply = operator<readonly [Tensor]>({
    name,
    shape: ([x]) => {
      if (x.dtype !== 'float32')
        throw new ShapeError(`${name}: expected float32, got ${x.dtype}. Convert with toFloat.`);
      return [{ dtype: 'float32', shape: x.shape }];
    },
    value: ([x]) => [{ ...x, data: x.data.map(value) }],
    vjp: ([dy], { inputs: [x], outputs: [y] }) => [dy && vjp(dy, { x, y })],
    onnx: ([x], _, emit) => [emit.node(onnx, [x])],
    tfjs: ([x], _, emit) => [emit.kernel(tfjs, { x })],
  });
  return (x) => apply([x], {})[0];
}
