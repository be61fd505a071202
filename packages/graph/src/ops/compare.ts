import { ShapeError } from '../errors.ts';
import { broadcastNd, buildNd, reader } from '../ndarray.ts';
import { operator } from '../operator.ts';
import { broadcastShapes } from '../shape.ts';
import { constant, toTensor } from '../tensor.ts';
import type { Tensor, TensorLike } from '../tensor.ts';
import { broadcastTo } from '../tfjs/emitter.ts';
import type { TfjsValue } from '../tfjs/emitter.ts';
import { sumTo } from './reduce.ts';

function comparison(name: string, onnx: string, holds: (x: number, y: number) => boolean) {
  const apply = operator<readonly [Tensor, Tensor]>({
    name,
    shape: ([x, y]) => {
      if (x.dtype !== y.dtype || x.dtype === 'bool')
        throw new ShapeError(
          `${name}: expected two numbers of one dtype, got ${x.dtype} and ${y.dtype}. Convert one with toFloat.`,
        );
      return [{ dtype: 'bool', shape: broadcastShapes(name, x.shape, y.shape) }];
    },
    value: ([x, y]) => {
      const left = reader(x);
      const right = reader(y);
      return [buildNd('bool', broadcastNd(x.shape, y.shape), (at) => (holds(left(at), right(at)) ? 1 : 0))];
    },
    vjp: 'none',
    onnx: ([x, y], _, emit) => [emit.node(onnx, [x, y])],
    // Its kernels are called as ONNX's operators.
    tfjs: ([a, b], _, emit) => [emit.kernel(onnx, { a, b })],
  });
  return (x: TensorLike, y: TensorLike): Tensor => apply([toTensor(x), toTensor(y)], {})[0];
}

/** `x < y`, element by element, broadcast; dtype bool. */
export const less = comparison('less', 'Less', (x, y) => x < y);
/** `x > y`, element by element, broadcast; dtype bool. */
export const greater = comparison('greater', 'Greater', (x, y) => x > y);
/** `x = y`, element by element, broadcast; dtype bool. */
export const equal = comparison('equal', 'Equal', (x, y) => x === y);

const toFloatOperator = operator<readonly [Tensor]>({
  name: 'toFloat',
  shape: ([x]) => [{ dtype: 'float32', shape: x.shape }],
  value: ([x]) => [{ ...x, dtype: 'float32' }],
  vjp: 'none',
  // 1 is ONNX's code for float32.
  onnx: ([x], _, emit) => [emit.node('Cast', [x], { to: 1n })],
  tfjs: ([x], _, emit) => [emit.kernel('Cast', { x }, { dtype: 'float32' })],
});

/** Bool (0 or 1) or int64 as float32. Its result is constant in differentiation. */
export const toFloat = (x: Tensor): Tensor => (x.dtype === 'float32' ? x : toFloatOperator([x], {})[0]);

const whereOperator = operator<readonly [condition: Tensor, x: Tensor, y: Tensor]>({
  name: 'where',
  shape: ([condition, x, y]) => {
    if (condition.dtype !== 'bool')
      throw new ShapeError(`where: the condition must be bool, got ${condition.dtype}. Compare first.`);
    if (x.dtype !== y.dtype)
      throw new ShapeError(`where: both branches need one dtype, got ${x.dtype} and ${y.dtype}.`);
    const branches = broadcastShapes('where', x.shape, y.shape);
    return [{ dtype: x.dtype, shape: broadcastShapes('where', condition.shape, branches) }];
  },
  value: ([condition, x, y]) => {
    const [test, left, right] = [reader(condition), reader(x), reader(y)];
    const shape = broadcastNd(condition.shape, x.shape, y.shape);
    return [buildNd(x.dtype, shape, (at) => (test(at) === 1 ? left(at) : right(at)))];
  },
  vjp: ([dy], { inputs: [condition, x, y] }) => [
    undefined,
    dy && sumTo(where(condition, dy, constant(0)), x.shape),
    dy && sumTo(where(condition, constant(0), dy), y.shape),
  ],
  onnx: ([condition, x, y], _, emit) => [emit.node('Where', [condition, x, y])],
  tfjs: ([condition, t, e], { inputs, outputs: [z] }, emit) => {
    const [ofCondition, ofT, ofE] = inputs;
    const wide = (value: TfjsValue, { shape }: Tensor) => broadcastTo(value, shape, z.shape, emit);
    // The kernel does not broadcast.
    const operands = { condition: wide(condition, ofCondition), t: wide(t, ofT), e: wide(e, ofE) };
    return [emit.kernel('Select', operands)];
  },
});

/**
 * `x` where the condition holds, `y` elsewhere; all three broadcast.
 *
 * @throws ShapeError if the condition is not bool or the branches differ in dtype
 */
export const where = (condition: Tensor, x: TensorLike, y: TensorLike): Tensor =>
  whereOperator([condition, toTensor(x), toTensor(y)], {})[0];
