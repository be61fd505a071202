import { buildNd, reader } from '../../ndarray.ts';
import { operator } from '../../operator.ts';
import { flip } from '../../ops/matmul.ts';
import type { Transposes } from '../../ops/matmul.ts';
import type { Tensor } from '../../tensor.ts';
import { ENGINE_DOMAIN } from '../engine-domain.ts';

const productOperator = operator<
  readonly [a: Tensor, b: Tensor, ...bias: readonly Tensor[]],
  { transposeA: boolean; transposeB: boolean; rectified: boolean }
>({
  name: 'product',
  shape: ([a, b], { transposeA, transposeB }) => [
    {
      dtype: 'float32',
      shape: [flip(a.shape, transposeA)[0] ?? 1, flip(b.shape, transposeB)[1] ?? 1],
    },
  ],
  value: ([a, b, bias], { transposeA, transposeB, rectified }) => {
    const [left, right, start] = [reader(a), reader(b), bias && reader(bias)];
    const [rows = 0, inner = 0] = flip(a.shape, transposeA);
    const [, columns = 0] = flip(b.shape, transposeB);
    return [
      buildNd('float32', [rows, columns], ([i = 0, j = 0]) => {
        let total = start?.([j]) ?? 0;
        for (let k = 0; k < inner; k++)
          total += left(transposeA ? [k, i] : [i, k]) * right(transposeB ? [j, k] : [k, j]);
        return rectified && total < 0 ? 0 : total;
      }),
    ];
  },
  // Programs get it after they have been differentiated.
  vjp: 'none',
  onnx: (names, { attributes: { transposeA, transposeB, rectified } }, emit) => {
    const options = [transposeA, transposeB, rectified].map((isSet) => (isSet ? 1n : 0n));
    const [name = ''] = emit.nodeWithOutputs('Product', names, 1, { product: options }, ENGINE_DOMAIN);
    return [name];
  },
  tfjs: 'none',
});

interface ProductOptions extends Transposes {
  /** Whether negative entries of the result become 0; default false. */
  readonly rectified?: boolean;
}

/** `op(a) · op(b) + bias` by the engine's operator for it, op the identity or the transpose, and `max(·, 0)` of that. */
export const product = (
  inputs: readonly [a: Tensor, b: Tensor, ...bias: readonly Tensor[]],
  { transposeA = false, transposeB = false, rectified = false }: ProductOptions,
): Tensor => productOperator(inputs, { transposeA, transposeB, rectified })[0];
