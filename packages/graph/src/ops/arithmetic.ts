import { ShapeError } from '../errors.ts';
import { broadcastNd, buildNd, reader } from '../ndarray.ts';
import { operator } from '../operator.ts';
import { broadcastShapes } from '../shape.ts';
import { toTensor } from '../tensor.ts';
import type { Tensor, TensorLike } from '../tensor.ts';
import { equal, less, toFloat } from './compare.ts';
import { sumTo } from './reduce.ts';
import { unary } from './unary.ts';

interface BinarySpec {
  readonly name: string;
  readonly onnx: string;
  /** TensorFlow.js kernel of the same meaning. */
  readonly tfjs: string;
  readonly value: (x: number, y: number) => number;
  /** Gradients of x and y before they are summed back over broadcast axes. */
  readonly vjp: (dy: Tensor, inputs: { x: Tensor; y: Tensor; z: Tensor }) => readonly [x: Tensor, y: Tensor];
}

function binary({ name, onnx, tfjs, value, vjp }: BinarySpec) {
  const apply = operator<readonly [Tensor, Tensor]>({
    name,
    shape: ([x, y]) => {
      if (x.dtype !== 'float32' || y.dtype !== 'float32')
        throw new ShapeError(
          `${name}: expected float32 and float32, got ${x.dtype} and ${y.dtype}. Convert with toFloat.`,
        );
      return [{ dtype: 'float32', shape: broadcastShapes(name, x.shape, y.shape) }];
    },
    value: ([x, y]) => {
      const [left, right] = [reader(x), reader(y)];
      return [buildNd('float32', broadcastNd(x.shape, y.shape), (at) => value(left(at), right(at)))];
    },
    vjp: ([dz], { inputs: [x, y], outputs: [z] }) => {
      if (!dz) return [undefined, undefined];
      const [dx, dy] = vjp(dz, { x, y, z });
      return [sumTo(dx, x.shape), sumTo(dy, y.shape)];
    },
    onnx: ([x, y], _, emit) => [emit.node(onnx, [x, y])],
    tfjs: ([a, b], _, emit) => [emit.kernel(tfjs, { a, b })],
  });
  return (x: TensorLike, y: TensorLike): Tensor => apply([toTensor(x), toTensor(y)], {})[0];
}

/** `−x`, element by element. */
export const neg = unary({
  name: 'neg',
  onnx: 'Neg',
  tfjs: 'Neg',
  value: (x) => -x,
  vjp: (dy) => neg(dy),
});

/** `x + y`, element by element, broadcast. */
export const add = binary({
  name: 'add',
  onnx: 'Add',
  tfjs: 'Add',
  value: (x, y) => x + y,
  vjp: (dz) => [dz, dz],
});

/** `x − y`, element by element, broadcast. */
export const sub = binary({
  name: 'sub',
  onnx: 'Sub',
  tfjs: 'Sub',
  value: (x, y) => x - y,
  vjp: (dz) => [dz, neg(dz)],
});

/** `x · y`, element by element, broadcast. */
export const mul = binary({
  name: 'mul',
  onnx: 'Mul',
  tfjs: 'Multiply',
  value: (x, y) => x * y,
  vjp: (dz, { x, y }) => [mul(dz, y), mul(dz, x)],
});

/** `x / y`, element by element, broadcast. */
export const div = binary({
  name: 'div',
  onnx: 'Div',
  tfjs: 'RealDiv',
  value: (x, y) => x / y,
  // dz/dy = −x / y² = −z / y, reusing the forward result
  vjp: (dz, { y, z }) => {
    const dx = div(dz, y);
    return [dx, neg(mul(dx, z))];
  },
});

/** The share of the gradient that goes to `x` where `x` is preferred: 1, at ties 1/2, else 0. */
const shareOf = (preferred: Tensor, x: Tensor, y: Tensor): Tensor =>
  add(toFloat(preferred), mul(0.5, toFloat(equal(x, y))));

const propagateNaN = (x: number, y: number, choose: (x: number, y: number) => number): number =>
  Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : choose(x, y);

/** `min(x, y)`, element by element, broadcast. At ties each side gets half of the gradient. */
export const minimum = binary({
  name: 'minimum',
  onnx: 'Min',
  tfjs: 'Minimum',
  value: (x, y) => propagateNaN(x, y, Math.min),
  vjp: (dz, { x, y }) => [mul(dz, shareOf(less(x, y), x, y)), mul(dz, shareOf(less(y, x), x, y))],
});

/** `max(x, y)`, element by element, broadcast. At ties each side gets half of the gradient. */
export const maximum = binary({
  name: 'maximum',
  onnx: 'Max',
  tfjs: 'Maximum',
  value: (x, y) => propagateNaN(x, y, Math.max),
  vjp: (dz, { x, y }) => [mul(dz, shareOf(less(y, x), x, y)), mul(dz, shareOf(less(x, y), x, y))],
});

/** `x²`, element by element. */
export const square = (x: Tensor): Tensor => mul(x, x);
