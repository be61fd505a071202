import * as ops from '../../ops/index.ts';
import { example, given, held, hiddenOutput, random } from '../case.ts';

const {
  add,
  elementCount,
  exp,
  expandAs,
  kthSmallest,
  layerNorm,
  logSumExp,
  max,
  mean,
  mul,
  square,
  standardize,
  sum,
  sumTo,
} = ops;

const six = given([2, 3], [1, 2, 3, 4, 5, 6]);
const cube = random(1, [2, 3, 4]);
const rows = random(2, ['batch', 3]);

/** Cases of reductions, of their adjoints and of what is composed of them. */
export const reduceCases = {
  sum: [
    example('all', [six], (x) => sum(x), { value: [21], derivatives: 1 }),
    example('rows', [six], (x) => sum(x, { axes: [0] }), { value: [5, 7, 9], derivatives: 1 }),
    example('columns, kept', [six], (x) => sum(x, { axes: [1], keepDims: true }), {
      value: [6, 15],
      derivatives: 1,
    }),
    example('a scalar', [given([], [4])], (x) => sum(x), { value: [4], derivatives: 1 }),
    example('outer of three axes', [cube], (x) => sum(x, { axes: [2, 0] }), { derivatives: 1 }),
    example('all of a batch', [rows], (x) => square(sum(x)), { derivatives: 2 }),
    example('over the batch', [rows], (x) => sum(x, { axes: [0] }), { derivatives: 1 }),
    example('within the batch', [rows], (x) => sum(square(x), { axes: [1] }), { derivatives: 2 }),
  ],
  mean: [
    example('all', [six], (x) => mean(x), { value: [3.5], derivatives: 1 }),
    example('columns', [six], (x) => mean(x, { axes: [1] }), { value: [2, 5], derivatives: 1 }),
    example('over the batch', [given(['batch', 1], [1, 2, 3, 6])], (x) => mean(x), {
      value: [3],
      derivatives: 1,
    }),
    example(
      'of squares over the batch, kept',
      [rows],
      (x) => mean(square(x), { axes: [0], keepDims: true }),
      {
        derivatives: 2,
      },
    ),
  ],
  max: [
    example('all', [six], (x) => max(x), { value: [6], derivatives: 1 }),
    example('columns', [six], (x) => max(x, { axes: [1], keepDims: true }), {
      value: [3, 6],
      gradient: [0, 0, 1, 0, 0, 1],
      derivatives: 1,
    }),
    example('shared', [given([2, 3], [1, 3, 3, 2, 2, 2])], (x) => max(x, { axes: [1] }), {
      value: [3, 2],
      gradient: [0, 0.5, 0.5, 1 / 3, 1 / 3, 1 / 3],
    }),
    example('negative', [given([3], [-5, -2, -9])], (x) => max(x), { value: [-2], derivatives: 1 }),
    example('over the batch', [rows], (x) => max(x, { axes: [0] }), { derivatives: 1 }),
  ],
  kthSmallest: [
    example(
      'columns, kept',
      [given([2, 4], [4, 1, 3, 2, 8, 7, 6, 5])],
      (x) => kthSmallest(x, { k: 2, axis: 1, keepDims: true }),
      {
        value: [2, 6],
        gradient: [0, 0, 0, 1, 0, 0, 1, 0],
        derivatives: 1,
      },
    ),
    example(
      'the least and the greatest',
      [given([3], [-5, -2, -9])],
      (x) => [kthSmallest(x, { k: 1, axis: 0 }), kthSmallest(x, { k: 3, axis: 0 })],
      { value: [-9, -2], derivatives: 1 },
    ),
    example('shared', [given([2, 3], [1, 3, 3, 2, 2, 2])], (x) => kthSmallest(x, { k: 2, axis: 1 }), {
      value: [3, 2],
      gradient: [0, 0.5, 0.5, 1 / 3, 1 / 3, 1 / 3],
    }),
    example('within the batch', [rows], (x) => kthSmallest(x, { k: 2, axis: 1 }), { derivatives: 1 }),
    example('middle of three axes', [cube], (x) => kthSmallest(x, { k: 2, axis: 1 }), { derivatives: 1 }),
  ],
  logSumExp: [
    example('by hand', [given([2], [0, Math.log(3)])], (x) => logSumExp(x), {
      value: [Math.log(4)],
      derivatives: 2,
    }),
    example('large', [given([2, 2], [1000, 1000, -1000, -1001])], (x) => logSumExp(x, { axes: [1] }), {
      value: [1000 + Math.LN2, -1000 + Math.log1p(Math.exp(-1))],
      gradient: [0.5, 0.5, 1 / (1 + Math.exp(-1)), 1 / (1 + Math.E)],
    }),
    example('within the batch, kept', [rows], (x) => logSumExp(x, { axes: [1], keepDims: true }), {
      derivatives: 2,
    }),
    example('over the batch', [rows], (x) => logSumExp(x, { axes: [0] }), { derivatives: 2 }),
  ],
  standardize: [
    example('by hand', [given([2, 2], [1, 3, -4, 4])], (x) => standardize(x, 0), {
      value: [-1, 1, -1, 1],
      derivatives: 2,
    }),
    example('batch', [rows], (x) => standardize(x), { derivatives: 2 }),
    example('inverse deviation', [given([2, 2], [1, 3, -4, 4])], (x) => hiddenOutput(standardize(x, 0), 1), {
      value: [1, 0.25],
      derivatives: 2,
    }),
    example('both outputs', [rows], (x) => [standardize(x), hiddenOutput(standardize(x), 1)], {
      derivatives: 2,
    }),
    example('equal entries', [given([1, 3], [2, 2, 2])], (x) => standardize(x), { value: [0, 0, 0] }),
  ],
  layerNorm: [
    example(
      'by hand',
      [given([1, 2], [1, 3]), given([2], [10, 20]), given([2], [0.5, -0.5])],
      (x, scale, shift) => layerNorm(x, scale, shift, 0),
      { value: [-9.5, 19.5], derivatives: 1 },
    ),
    example(
      'batch',
      [rows, random(3, [3]), random(4, [3])],
      (x, scale, shift) => square(layerNorm(x, scale, shift)),
      { derivatives: 2 },
    ),
  ],
  expandAs: [
    example('columns', [given([2, 1], [1, 2]), held(six)], (x, like) => expandAs(x, like), {
      value: [1, 1, 1, 2, 2, 2],
      derivatives: 1,
    }),
    example('a scalar to a batch', [given([], [3]), held(rows)], (x, like) => exp(expandAs(x, like)), {
      derivatives: 2,
    }),
    example('a leading axis', [random(3, [1, 4]), held(cube)], (x, like) => expandAs(x, like), {
      derivatives: 1,
    }),
    example('a batch axis kept', [random(3, ['batch', 1]), held(rows)], (x, like) => expandAs(x, like), {
      derivatives: 1,
    }),
    example('the same shape', [six, held(six)], (x, like) => expandAs(x, like), {
      value: [1, 2, 3, 4, 5, 6],
      derivatives: 1,
    }),
  ],
  sumTo: [
    example('columns', [six], (x) => sumTo(x, [2, 1]), { value: [6, 15], derivatives: 1 }),
    example('without the leading axis', [six], (x) => sumTo(x, [3]), { value: [5, 7, 9], derivatives: 1 }),
    example('a scalar', [rows], (x) => square(sumTo(x, [])), { derivatives: 2 }),
    example('outer of three axes', [cube], (x) => sumTo(x, [3, 1]), { derivatives: 1 }),
    example('the batch', [rows], (x) => sumTo(x, [1, 3]), { derivatives: 1 }),
    example('the same shape', [rows], (x) => sumTo(x, ['batch', 3]), { derivatives: 1 }),
    example('axes of length 1 stay', [given([1, 2], [3, 4])], (x) => sumTo(x, [1, 1]), {
      value: [7],
      derivatives: 1,
    }),
  ],
  elementCount: [
    example('all', [held(six)], (x) => elementCount(x), { value: [6] }),
    example('one axis', [held(six)], (x) => elementCount(x, [1]), { value: [3] }),
    example('all of a batch', [held(rows)], (x) => elementCount(x), { value: [12] }),
    example('the batch', [held(rows)], (x) => elementCount(x, [0]), { value: [4] }),
    example(
      'two named axes',
      [held(given(['batch'], [0, 0, 0, 0])), held(given(['batch', 'time'], [0, 0, 0, 0, 0, 0, 0, 0]))],
      (_, x) => elementCount(x),
      {
        value: [8],
      },
    ),
    example('a scalar', [held(given([], [1]))], (x) => elementCount(x), { value: [1] }),
    example('in a product', [rows], (x) => mul(add(x, 1), elementCount(x)), { derivatives: 1 }),
  ],
} as const;
