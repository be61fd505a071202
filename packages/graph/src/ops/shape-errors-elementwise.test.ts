import { describe, expect, it } from 'vitest';

import { ShapeError } from '../errors.ts';
import { symbol } from '../testing/symbol.ts';
import {
  abs,
  add,
  atanh,
  clip,
  div,
  equal,
  exp,
  greater,
  less,
  linear,
  log,
  matmul,
  maximum,
  minimum,
  mul,
  neg,
  reciprocal,
  relu,
  sigmoid,
  softplus,
  sqrt,
  square,
  sub,
  swish,
  tanh,
  where,
} from './index.ts';

const vector = symbol([3]);
const matrix = symbol([2, 3]);
const batch = symbol(['batch', 3]);
const integers = symbol([3], 'int64');
const flags = symbol([3], 'bool');

type Misuse = readonly [call: string, misuse: () => unknown, message: string];

const unaries = { abs, atanh, exp, log, neg, reciprocal, relu, sigmoid, softplus, sqrt, tanh };
const binaries = { add, div, maximum, minimum, mul, sub };
const comparisons = { equal, greater, less };

const elementWise: readonly Misuse[] = [
  ...Object.entries(unaries).map(([name, apply]): Misuse => [
    `${name}(int64)`,
    () => apply(integers),
    `${name}: expected float32, got int64. Convert with toFloat.`,
  ]),
  ...Object.entries(binaries).flatMap(([name, apply]): Misuse[] => [
    [
      `${name}(int64, float32)`,
      () => apply(integers, vector),
      `${name}: expected float32 and float32, got int64 and float32. Convert with toFloat.`,
    ],
    [
      `${name} that does not broadcast`,
      () => apply(matrix, symbol([2])),
      `${name}: [2, 3] and [2] do not broadcast: 3 against 2. Axes must be equal or 1.`,
    ],
    [
      `${name} of a named axis with a number`,
      () => apply(batch, matrix),
      `${name}: [batch, 3] and [2, 3] do not broadcast: batch against 2. Axes must be equal or 1.`,
    ],
  ]),
  [
    'square(bool)',
    () => square(flags),
    'mul: expected float32 and float32, got bool and bool. Convert with toFloat.',
  ],
  ...Object.entries(comparisons).flatMap(([name, apply]): Misuse[] => [
    [
      `${name}(int64, float32)`,
      () => apply(integers, vector),
      `${name}: expected two numbers of one dtype, got int64 and float32. Convert one with toFloat.`,
    ],
    [
      `${name}(bool, bool)`,
      () => apply(flags, flags),
      `${name}: expected two numbers of one dtype, got bool and bool. Convert one with toFloat.`,
    ],
    [
      `${name} that does not broadcast`,
      () => apply(vector, symbol([4])),
      `${name}: [3] and [4] do not broadcast: 3 against 4. Axes must be equal or 1.`,
    ],
  ]),
  [
    'where(float32, …)',
    () => where(vector, 1, 0),
    'where: the condition must be bool, got float32. Compare first.',
  ],
  [
    'where of two dtypes',
    () => where(flags, integers, 0),
    'where: both branches need one dtype, got int64 and float32.',
  ],
  [
    'where that does not broadcast',
    () => where(flags, symbol([2]), 0),
    'where: [3] and [2] do not broadcast: 3 against 2. Axes must be equal or 1.',
  ],
  ['clip with low > high', () => clip(vector, 2, 1), 'clip: low 2 must not exceed high 1.'],
  ['clip with NaN', () => clip(vector, Number.NaN, 1), 'clip: low NaN must not exceed high 1.'],
  ['clip(int64)', () => clip(integers, 0, 1), 'clip: expected float32, got int64.'],
  [
    'swish(int64)',
    () => swish(integers, vector),
    'swish: expected float32 and float32, got int64 and float32.',
  ],
  [
    'swish with a slope that does not broadcast',
    () => swish(matrix, symbol([2])),
    'swish: beta [2] does not broadcast to x [2, 3]. Give one beta per unit.',
  ],
  [
    'swish with a slope larger than x',
    () => swish(vector, matrix),
    'swish: beta [2, 3] does not broadcast to x [3]. Give one beta per unit.',
  ],
  [
    'swish with a mask that does not broadcast',
    () => swish(matrix, vector, symbol([2])),
    'swish: mask [2] does not broadcast to x [2, 3]. Give one mask per unit.',
  ],
  [
    'swish with a mask of whole numbers',
    () => swish(vector, vector, integers),
    'swish: expected float32, float32 and float32, got float32, float32 and int64.',
  ],
];

const products: readonly Misuse[] = [
  [
    'matmul of a vector',
    () => matmul(matrix, vector),
    'matmul: expected two float32 matrices, got float32 [2, 3] and float32 [3]. Reshape them to two axes.',
  ],
  [
    'matmul(int64)',
    () => matmul(symbol([2, 3], 'int64'), matrix),
    'matmul: expected two float32 matrices, got int64 [2, 3] and float32 [2, 3]. Reshape them to two axes.',
  ],
  [
    'matmul with unequal inner axes',
    () => matmul(matrix, matrix),
    'matmul: inner axes differ: 3 of a [2, 3] against 2 of b [2, 3].',
  ],
  [
    'matmul, transposed, with unequal inner axes',
    () => matmul(matrix, batch, { transposeA: true }),
    'matmul: inner axes differ: 2 of a [2, 3]ᵀ against batch of b [batch, 3].',
  ],
  [
    'linear with unequal inputs',
    () => linear(matrix, symbol([4, 2]), symbol([4])),
    'linear: x [2, 3] does not fit weight [4, 2]. Expected [rows, inputs] and [outputs, inputs].',
  ],
  [
    'linear of a vector',
    () => linear(vector, symbol([4, 3]), symbol([4])),
    'linear: x [3] does not fit weight [4, 3]. Expected [rows, inputs] and [outputs, inputs].',
  ],
  [
    'linear with a bias of another size',
    () => linear(matrix, symbol([4, 3]), vector),
    'linear: bias [3] must be [4].',
  ],
  [
    'linear(int64)',
    () => linear(matrix, symbol([4, 3]), symbol([4], 'int64')),
    'linear: expected float32, float32 and float32, got float32, float32 and int64. Convert with toFloat.',
  ],
];

describe.each([
  ['element-wise operators', elementWise],
  ['matrix products', products],
] as const)('shape errors of %s', (_, misuses) => {
  it.each(misuses)('%s', (_, misuse, message) => {
    expect(misuse).toThrow(new ShapeError(message));
  });
});
