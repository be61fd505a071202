import * as ops from '../../ops/index.ts';
import { example, given, random } from '../case.ts';

const { linear, matmul } = ops;

const a = given([2, 2], [1, 2, 3, 4]);
const b = given([2, 2], [5, 6, 7, 8]);

/** Cases of matrix products. */
export const matrixCases = {
  matmul: [
    example('by hand', [a, b], (x, y) => matmul(x, y), { value: [19, 22, 43, 50], derivatives: 2 }),
    example('left transposed, by hand', [a, b], (x, y) => matmul(x, y, { transposeA: true }), {
      value: [26, 30, 38, 44],
      derivatives: 2,
    }),
    example('right transposed, by hand', [a, b], (x, y) => matmul(x, y, { transposeB: true }), {
      value: [17, 23, 39, 53],
      derivatives: 2,
    }),
    example(
      'both transposed, by hand',
      [a, b],
      (x, y) => matmul(x, y, { transposeA: true, transposeB: true }),
      {
        value: [23, 31, 34, 46],
        derivatives: 2,
      },
    ),
    example(
      'two rows',
      [given([1, 3], [1, 2, 3]), given([1, 3], [4, 5, -6])],
      (x, y) => matmul(x, y, { transposeB: true }),
      { value: [-4], derivatives: 2 },
    ),
    example('[2, 3] [3, 4]', [random(1, [2, 3]), random(2, [3, 4])], (x, y) => matmul(x, y), {
      derivatives: 2,
    }),
    example(
      '[3, 2]ᵀ [3, 4]',
      [random(1, [3, 2]), random(2, [3, 4])],
      (x, y) => matmul(x, y, { transposeA: true }),
      {
        derivatives: 2,
      },
    ),
    example(
      '[2, 3] [4, 3]ᵀ',
      [random(1, [2, 3]), random(2, [4, 3])],
      (x, y) => matmul(x, y, { transposeB: true }),
      {
        derivatives: 2,
      },
    ),
    example(
      '[3, 2]ᵀ [4, 3]ᵀ',
      [random(1, [3, 2]), random(2, [4, 3])],
      (x, y) => matmul(x, y, { transposeA: true, transposeB: true }),
      { derivatives: 2 },
    ),
    example('rows of a batch', [random(1, ['batch', 3]), random(2, [3, 2])], (x, y) => matmul(x, y), {
      derivatives: 2,
    }),
    example(
      'over a batch',
      [random(1, ['batch', 3]), random(2, ['batch', 2])],
      (x, y) => matmul(x, y, { transposeA: true }),
      { derivatives: 2 },
    ),
    example('with itself', [random(1, [2, 3])], (x) => matmul(x, x, { transposeB: true }), {
      derivatives: 2,
    }),
  ],
  linear: [
    example(
      'by hand',
      [given([1, 2], [1, 2]), given([3, 2], [1, 0, 0, 1, 1, 1]), given([3], [10, 20, 30])],
      (x, w, c) => linear(x, w, c),
      {
        value: [11, 22, 33],
        derivatives: 1,
      },
    ),
    example(
      'batch',
      [random(1, ['batch', 3]), random(2, [2, 3]), random(3, [2])],
      (x, w, c) => ops.square(linear(x, w, c)),
      { derivatives: 2 },
    ),
    example(
      'one unit',
      [random(1, [3, 1]), random(2, [1, 1]), random(3, [1])],
      (x, w, c) => linear(x, w, c),
      {
        derivatives: 1,
      },
    ),
  ],
} as const;
