import { describe, expect, it } from 'vitest';

import { ShapeError } from '../errors.ts';
import { symbol } from '../testing/symbol.ts';
import {
  concat,
  elementCount,
  expandAs,
  kthSmallest,
  layerNorm,
  logSumExp,
  max,
  mean,
  pad,
  reshape,
  slice,
  split,
  standardize,
  sum,
  sumTo,
  transpose,
  unwindow,
  window,
} from './index.ts';

const scalar = symbol([]);
const vector = symbol([3]);
const matrix = symbol([2, 3]);
const batch = symbol(['batch', 3]);
const integers = symbol([3], 'int64');
const flags = symbol([3], 'bool');
const start = symbol([1], 'int64');

type Misuse = readonly [call: string, misuse: () => unknown, message: string];

const reductions = { logSumExp, max, mean, sum };

const reducing: readonly Misuse[] = [
  ...Object.entries(reductions).flatMap(([name, apply]): Misuse[] => [
    [
      `${name} over an axis that does not exist`,
      () => apply(matrix, { axes: [2] }),
      `${name}: axis 2 does not exist in [2, 3]. Give 0 to 1.`,
    ],
    [
      `${name} over a negative axis`,
      () => apply(matrix, { axes: [-1] }),
      `${name}: axis -1 does not exist in [2, 3]. Give 0 to 1.`,
    ],
    [
      `${name} over an axis twice`,
      () => apply(matrix, { axes: [1, 1] }),
      `${name}: axes [1, 1] name an axis twice.`,
    ],
  ]),
  [
    'sum of a scalar over an axis',
    () => sum(scalar, { axes: [0] }),
    'sum: axis 0 does not exist in []. It is a scalar.',
  ],
  ['sum(int64)', () => sum(integers), 'sum: expected float32, got int64. Convert with toFloat.'],
  [
    'kthSmallest(int64)',
    () => kthSmallest(integers, { k: 1, axis: 0 }),
    'kthSmallest: expected float32, got int64. Convert with toFloat.',
  ],
  [
    'kthSmallest over an axis that does not exist',
    () => kthSmallest(matrix, { k: 1, axis: 2 }),
    'kthSmallest: axis 2 does not exist in [2, 3]. Give 0 to 1.',
  ],
  [
    'kthSmallest over the batch',
    () => kthSmallest(batch, { k: 1, axis: 0 }),
    'kthSmallest: axis 0 of [batch, 3] must have a known length, got the named axis batch.',
  ],
  ...[0, 1.5, 4].map((k): Misuse => [
    `kthSmallest with k ${k} of 3`,
    () => kthSmallest(matrix, { k, axis: 1 }),
    `kthSmallest: k is ${k}, but axis 1 of [2, 3] has 3 elements. Give a whole number from 1 to 3.`,
  ]),
  ['max(bool)', () => max(flags), 'max: expected float32, got bool. Convert with toFloat.'],
  [
    'elementCount over an axis that does not exist',
    () => elementCount(matrix, [3]),
    'elementCount: axis 3 does not exist in [2, 3]. Give 0 to 1.',
  ],
  [
    'expandAs that does not broadcast',
    () => expandAs(vector, symbol([2])),
    'expandAs: [3] does not broadcast to [2].',
  ],
  ['sumTo that does not broadcast', () => sumTo(matrix, [2]), 'sumTo: [2] does not broadcast to [2, 3].'],
  [
    'standardize of a vector',
    () => standardize(vector),
    'standardize: expected float32 [rows, features], got float32 [3].',
  ],
  [
    'standardize with a named feature axis',
    () => standardize(symbol([2, 'features'])),
    'standardize: axis 1 of [2, features] must have a known length, got the named axis features.',
  ],
  [
    'layerNorm with a scale of another size',
    () => layerNorm(matrix, symbol([2]), vector),
    'layerNorm: scale [2] must be [3], one entry per feature.',
  ],
  [
    'layerNorm with a shift of another size',
    () => layerNorm(matrix, vector, matrix),
    'layerNorm: shift [2, 3] must be [3], one entry per feature.',
  ],
];

const moving: readonly Misuse[] = [
  [
    'reshape to another size',
    () => reshape(matrix, [4]),
    'reshape: [2, 3] and [4] differ in their number of elements.',
  ],
  [
    'reshape that loses a named axis',
    () => reshape(batch, [3]),
    'reshape: [batch, 3] and [3] differ in their number of elements.',
  ],
  [
    'reshape to another multiple of a named axis',
    () => reshape(batch, ['3*batch', 2]),
    'reshape: [batch, 3] and [3*batch, 2] differ in their number of elements.',
  ],
  [
    'reshape with two named axes',
    () => reshape(symbol(['batch', 'time']), ['time', 'batch']),
    'reshape: [time, batch] has more than one named axis. Give at most one, the engine infers it.',
  ],
  [
    'transpose with an axis twice',
    () => transpose(matrix, [0, 0]),
    'transpose: order [0, 0] is not a permutation of the 2 axes of [2, 3].',
  ],
  [
    'transpose with too few axes',
    () => transpose(matrix, [0]),
    'transpose: order [0] is not a permutation of the 2 axes of [2, 3].',
  ],
  ['concat of nothing', () => concat([]), 'concat: expected at least one tensor, got none.'],
  [
    'concat of unequal rows',
    () => concat([matrix, symbol([2, 4])]),
    'concat: tensor 1 is float32 [2, 4], expected float32 [any, 3].',
  ],
  [
    'concat of two dtypes',
    () => concat([vector, integers]),
    'concat: tensor 1 is int64 [3], expected float32 [any].',
  ],
  [
    'concat along a named axis',
    () => concat([batch, batch]),
    'concat: tensor 0: axis 0 of [batch, 3] must have a known length, got the named axis batch.',
  ],
  [
    'concat along an axis that does not exist',
    () => concat([matrix, matrix], 2),
    'concat: axis 2 does not exist in [2, 3]. Give 0 to 1.',
  ],
  [
    'concat of one along an axis that does not exist',
    () => concat([matrix], 2),
    'concat: axis 2 does not exist in [2, 3]. Give 0 to 1.',
  ],
  [
    'split into parts of another sum',
    () => split(matrix, [1, 1], 1),
    'split: sizes [1, 1] must be whole numbers >= 1 with sum 3, the length of axis 1 of [2, 3]; their sum is 2.',
  ],
  [
    'split into an empty part',
    () => split(matrix, [0, 3], 1),
    'split: sizes [0, 3] must be whole numbers >= 1 with sum 3, the length of axis 1 of [2, 3]; their sum is 3.',
  ],
  [
    'split along a named axis',
    () => split(batch, [1, 1]),
    'split: axis 0 of [batch, 3] must have a known length, got the named axis batch.',
  ],
  [
    'slice past the end',
    () => slice(matrix, { axis: 1, start: 1, end: 4 }),
    'slice: 1 to 4 does not lie in axis 1 of [2, 3]. Give 0 <= start < end <= 3.',
  ],
  [
    'slice of nothing',
    () => slice(matrix, { start: 1, end: 1 }),
    'slice: 1 to 1 does not lie in axis 0 of [2, 3]. Give 0 <= start < end <= 2.',
  ],
  [
    'slice along an axis that does not exist',
    () => slice(matrix, { axis: 2 }),
    'slice: axis 2 of [2, 3] must have a known length, got no such axis.',
  ],
  [
    'pad with a negative count',
    () => pad(matrix, { before: -1 }),
    'pad: expected whole numbers >= 0 of zeros, got -1 before and 0 after.',
  ],
  [
    'pad along a named axis',
    () => pad(batch, { after: 1 }),
    'pad: axis 0 of [batch, 3] must have a known length, got the named axis batch.',
  ],
  [
    'window of a matrix',
    () => window(matrix, start, 1),
    'window: expected one axis, got [2, 3]. Reshape first.',
  ],
  [
    'window with a float start',
    () => window(vector, symbol([1]), 1),
    'window: start must be int64 [1], got float32 [1].',
  ],
  [
    'window with a scalar start',
    () => window(vector, symbol([], 'int64'), 1),
    'window: start must be int64 [1], got int64 [].',
  ],
  ['window too long', () => window(vector, start, 4), 'window: length 4 must be a whole number from 1 to 3.'],
  [
    'window of a named axis',
    () => window(symbol(['batch']), start, 1),
    'window: axis 0 of [batch] must have a known length, got the named axis batch.',
  ],
  [
    'unwindow into less',
    () => unwindow(vector, start, 2),
    'unwindow: total 2 must be a whole number >= 3, the entries of x.',
  ],
  [
    'unwindow with a float start',
    () => unwindow(vector, symbol([1]), 4),
    'unwindow: start must be int64 [1], got float32 [1].',
  ],
];

describe.each([
  ['reductions and normalization', reducing],
  ['operators that move elements', moving],
] as const)('shape errors of %s', (_, misuses) => {
  it.each(misuses)('%s', (_, misuse, message) => {
    expect(misuse).toThrow(new ShapeError(message));
  });
});
