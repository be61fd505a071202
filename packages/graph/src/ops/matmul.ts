import { ShapeError } from '../errors.ts';
import { buildNd, reader } from '../ndarray.ts';
import { operator } from '../operator.ts';
import { formatShape, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import type { Dim } from '../tensor-type.ts';
import { sum } from './reduce.ts';

export interface Transposes {
  /** Use the transpose of the left matrix; default false. */
  readonly transposeA?: boolean;
  /** Use the transpose of the right matrix; default false. */
  readonly transposeB?: boolean;
}

/** A matrix's shape, or that of its transpose. */
export const flip = <D extends Dim>(shape: readonly D[], flipped: boolean): readonly D[] =>
  flipped ? shape.toReversed() : shape;

const matmulOperator = operator<
  readonly [a: Tensor, b: Tensor],
  { transposeA: boolean; transposeB: boolean }
>({
  name: 'matmul',
  shape: ([a, b], { transposeA, transposeB }) => {
    if (a.shape.length !== 2 || b.shape.length !== 2 || a.dtype !== 'float32' || b.dtype !== 'float32')
      throw new ShapeError(
        `matmul: expected two float32 matrices, got ${a.dtype} ${formatShape(a.shape)} and ${b.dtype} ${formatShape(b.shape)}. Reshape them to two axes.`,
      );
    const [rows = 1, inner] = flip(a.shape, transposeA);
    const [innerB, columns = 1] = flip(b.shape, transposeB);
    if (inner !== innerB)
      throw new ShapeError(
        `matmul: inner axes differ: ${String(inner)} of a ${formatShape(a.shape)}${transposeA ? 'ᵀ' : ''} against ${String(innerB)} of b ${formatShape(b.shape)}${transposeB ? 'ᵀ' : ''}.`,
      );
    return [{ dtype: 'float32', shape: [rows, columns] }];
  },
  value: ([a, b], { transposeA, transposeB }) => {
    const [left, right] = [reader(a), reader(b)];
    const [rows = 0, inner = 0] = flip(a.shape, transposeA);
    const [, columns = 0] = flip(b.shape, transposeB);
    return [
      buildNd('float32', [rows, columns], ([i = 0, j = 0]) => {
        let total = 0;
        for (let k = 0; k < inner; k++)
          total += left(transposeA ? [k, i] : [i, k]) * right(transposeB ? [j, k] : [k, j]);
        return total;
      }),
    ];
  },
  vjp: ([dy], { inputs: [a, b], attributes: { transposeA, transposeB } }) =>
    dy
      ? [
          transposeA
            ? matmul(b, dy, { transposeA: transposeB, transposeB: true })
            : matmul(dy, b, { transposeB: !transposeB }),
          transposeB
            ? matmul(dy, a, { transposeA: true, transposeB: transposeA })
            : matmul(a, dy, { transposeA: !transposeA }),
        ]
      : [undefined, undefined],
  onnx: ([a, b], { attributes: { transposeA, transposeB } }, emit) => [
    emit.node('Gemm', [a, b], { transA: transposeA ? 1n : 0n, transB: transposeB ? 1n : 0n }),
  ],
  tfjs: ([a, b], { outputs: [y], attributes }, emit) => {
    const isOfRows = sameShape(y.shape, [1, 1]) && !attributes.transposeA && attributes.transposeB;
    // Backends multiply matrices, and take five times longer for a product of two long rows.
    return isOfRows
      ? [emit.kernel('Sum', { x: emit.kernel('Multiply', { a, b }) }, { axis: [1], keepDims: true })]
      : [emit.kernel('BatchMatMul', { a, b }, attributes)];
  },
});

/**
 * Matrix product of two matrices: `y = op(a) · op(b)`, op the identity or the transpose.
 *
 * @throws ShapeError if they are not float32 matrices whose inner axes agree
 */
export const matmul = (
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false }: Transposes = {},
): Tensor => matmulOperator([a, b], { transposeA, transposeB })[0];

const linearOperator = operator<readonly [x: Tensor, weight: Tensor, bias: Tensor]>({
  name: 'linear',
  shape: ([x, weight, bias]) => {
    const [rows = 1, inputs] = x.shape;
    const [outputs = 1, weightInputs] = weight.shape;
    if (x.dtype !== 'float32' || weight.dtype !== 'float32' || bias.dtype !== 'float32')
      throw new ShapeError(
        `linear: expected float32, float32 and float32, got ${x.dtype}, ${weight.dtype} and ${bias.dtype}. Convert with toFloat.`,
      );
    if (x.shape.length !== 2 || weight.shape.length !== 2 || inputs !== weightInputs)
      throw new ShapeError(
        `linear: x ${formatShape(x.shape)} does not fit weight ${formatShape(weight.shape)}. Expected [rows, inputs] and [outputs, inputs].`,
      );
    if (bias.shape.length !== 1 || bias.shape[0] !== outputs)
      throw new ShapeError(`linear: bias ${formatShape(bias.shape)} must be [${outputs}].`);
    return [{ dtype: 'float32', shape: [rows, outputs] }];
  },
  value: ([x, weight, bias]) => {
    const [input, w, b] = [reader(x), reader(weight), reader(bias)];
    const [rows = 0, inner = 0] = x.shape;
    return [
      buildNd('float32', [rows, weight.shape[0] ?? 0], ([i = 0, j = 0]) => {
        let total = b([j]);
        for (let k = 0; k < inner; k++) total += input([i, k]) * w([j, k]);
        return total;
      }),
    ];
  },
  vjp: ([dy], { inputs: [x, weight] }) =>
    dy
      ? [matmul(dy, weight), matmul(dy, x, { transposeA: true }), sum(dy, { axes: [0] })]
      : [undefined, undefined, undefined],
  onnx: ([x, weight, bias], _, emit) => [emit.node('Gemm', [x, weight, bias], { transB: 1n })],
  tfjs: ([x, weight, bias], _, emit) => {
    const product = emit.kernel('BatchMatMul', { a: x, b: weight }, { transposeA: false, transposeB: true });
    return [emit.kernel('Add', { a: product, b: bias })];
  },
});

/**
 * Fully connected layer: `y = x Wᵀ + b`.
 *
 * @param x [rows, inputs]
 * @param weight [outputs, inputs]
 * @param bias [outputs]
 * @throws ShapeError if these do not fit
 */
export const linear = (x: Tensor, weight: Tensor, bias: Tensor): Tensor =>
  linearOperator([x, weight, bias], {})[0];
