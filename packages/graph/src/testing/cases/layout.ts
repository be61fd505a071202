import * as ops from '../../ops/index.ts';
import { multipleOf } from '../../shape.ts';
import { discrete, example, given, random } from '../case.ts';

const { add, concat, mul, pad, reshape, slice, split, square, stopGradient, transpose, unwindow, window } =
  ops;

const six = given([2, 3], [1, 2, 3, 4, 5, 6]);
const cube = random(1, [2, 3, 4]);
const rows = random(2, ['batch', 3]);
const start = (at: number) => discrete('int64', [1], [at]);

/** Cases of operators that move elements. */
export const layoutCases = {
  reshape: [
    example('by hand', [six], (x) => reshape(x, [3, 2]), { value: [1, 2, 3, 4, 5, 6], derivatives: 1 }),
    example('to a scalar', [given([1, 1], [7])], (x) => reshape(x, []), { value: [7], derivatives: 1 }),
    example('a named axis', [rows], (x) => reshape(x, [1, 'batch', 1, 3]), { derivatives: 1 }),
    example('a named axis moves', [rows], (x) => reshape(x, [3, 'batch']), { derivatives: 1 }),
    example(
      'a multiple of a named axis and back',
      [random(6, ['batch', 6])],
      (x) => reshape(square(reshape(x, [multipleOf('batch', 2), 3])), ['batch', 2, 3]),
      { derivatives: 2 },
    ),
    example('a named axis, squared', [rows], (x) => square(reshape(x, [3, 1, 'batch'])), { derivatives: 2 }),
  ],
  stopGradient: [
    example('by hand', [given([2], [2, -3])], (x) => mul(x, stopGradient(x)), {
      value: [4, 9],
      gradient: [2, -3],
    }),
    example('batch', [rows], (x) => add(x, stopGradient(square(x))), {
      gradient: Array.from({ length: 12 }, () => 1),
    }),
  ],
  transpose: [
    example('by hand', [six], (x) => transpose(x), { value: [1, 4, 2, 5, 3, 6], derivatives: 1 }),
    example('three axes, rotated', [given([1, 2, 3], [1, 2, 3, 4, 5, 6])], (x) => transpose(x, [2, 0, 1]), {
      value: [1, 4, 2, 5, 3, 6],
      derivatives: 1,
    }),
    example('three axes, rotated back', [cube], (x) => transpose(x, [1, 2, 0]), { derivatives: 1 }),
    example('three axes, reversed', [cube], (x) => square(transpose(x)), { derivatives: 2 }),
    example('a named axis', [rows], (x) => transpose(x), { derivatives: 1 }),
  ],
  concat: [
    example('rows', [six, given([1, 3], [7, 8, 9])], (x, y) => concat([x, y]), {
      value: [1, 2, 3, 4, 5, 6, 7, 8, 9],
      derivatives: 1,
    }),
    example('columns', [six, given([2, 1], [7, 8])], (x, y) => concat([x, y, x], 1), {
      value: [1, 2, 3, 7, 1, 2, 3, 4, 5, 6, 8, 4, 5, 6],
      derivatives: 1,
    }),
    example('columns of a batch', [rows, random(3, ['batch', 1])], (x, y) => square(concat([x, y], 1)), {
      derivatives: 2,
    }),
    example('the last of three axes', [cube, random(4, [2, 3, 1])], (x, y) => concat([x, y], 2), {
      derivatives: 1,
    }),
    // More than a graphics card binds at once.
    example(
      'many tensors',
      [six],
      (x) =>
        concat(
          Array.from({ length: 13 }, (_, i) => mul(x, i)),
          0,
        ),
      {
        value: Array.from({ length: 13 }, (_, i) => [1, 2, 3, 4, 5, 6].map((n) => n * i)).flat(),
        derivatives: 1,
      },
    ),
    example('one tensor', [six], (x) => concat([x], 1), { value: [1, 2, 3, 4, 5, 6], derivatives: 1 }),
  ],
  split: [
    example('rows', [six], (x) => split(x, [1, 1]), { value: [1, 2, 3, 4, 5, 6], derivatives: 1 }),
    example('columns', [six], (x) => split(x, [1, 2], 1), { value: [1, 4, 2, 3, 5, 6], derivatives: 1 }),
    example('columns, the middle unused', [rows], (x) => split(x, [1, 1, 1], 1).filter((_, i) => i !== 1), {
      derivatives: 1,
    }),
    example('rows, only the last used', [six], (x) => split(x, [1, 1]).slice(1), {
      value: [4, 5, 6],
      gradient: [0, 0, 0, 1, 1, 1],
      derivatives: 1,
    }),
    example('parts that meet again', [cube], (x) => split(x, [1, 3], 2).map((part) => square(part)), {
      derivatives: 2,
    }),
    example(
      'many parts',
      [random(8, [13])],
      (x) =>
        split(
          x,
          Array.from({ length: 13 }, () => 1),
        ).map((part, i) => mul(part, i)),
      {
        derivatives: 1,
      },
    ),
    example('one part', [six], (x) => split(x, [3], 1), { value: [1, 2, 3, 4, 5, 6], derivatives: 1 }),
  ],
  slice: [
    example('begin', [six], (x) => slice(x, { end: 1 }), { value: [1, 2, 3], derivatives: 1 }),
    example('middle of axis 1', [six], (x) => slice(x, { axis: 1, start: 1, end: 2 }), {
      value: [2, 5],
      gradient: [0, 1, 0, 0, 1, 0],
      derivatives: 1,
    }),
    example('end of axis 1', [rows], (x) => square(slice(x, { axis: 1, start: 1 })), { derivatives: 2 }),
    example('all', [six], (x) => slice(x), { value: [1, 2, 3, 4, 5, 6], derivatives: 1 }),
    example('an axis of length 1', [given([1, 2], [3, 4])], (x) => slice(x, { end: 1 }), {
      value: [3, 4],
      derivatives: 1,
    }),
    example('middle of three axes', [cube], (x) => slice(x, { axis: 1, start: 1, end: 3 }), {
      derivatives: 1,
    }),
  ],
  pad: [
    example('rows', [given([1, 2], [3, 4])], (x) => pad(x, { before: 1, after: 2 }), {
      value: [0, 0, 3, 4, 0, 0, 0, 0],
      derivatives: 1,
    }),
    example('columns after', [six], (x) => pad(x, { axis: 1, after: 1 }), {
      value: [1, 2, 3, 0, 4, 5, 6, 0],
      derivatives: 1,
    }),
    example('columns of a batch', [rows], (x) => square(pad(x, { axis: 1, before: 2, after: 1 })), {
      derivatives: 2,
    }),
    example('an axis of length 1', [given([2, 1], [3, 4])], (x) => pad(x, { axis: 1, before: 1, after: 1 }), {
      value: [0, 3, 0, 0, 4, 0],
      derivatives: 1,
    }),
    example('nothing', [six], (x) => pad(x, {}), { value: [1, 2, 3, 4, 5, 6], derivatives: 1 }),
  ],
  window: [
    example('begin', [given([4], [1, 2, 3, 4]), start(0)], (x, at) => window(x, at, 2), {
      value: [1, 2],
      gradient: [1, 1, 0, 0],
      derivatives: 1,
    }),
    example('middle', [given([4], [1, 2, 3, 4]), start(1)], (x, at) => window(x, at, 2), {
      value: [2, 3],
      derivatives: 1,
    }),
    example('end', [random(1, [5]), start(2)], (x, at) => square(window(x, at, 3)), { derivatives: 2 }),
    example('one entry', [given([1], [8]), start(0)], (x, at) => window(x, at, 1), {
      value: [8],
      derivatives: 1,
    }),
  ],
  unwindow: [
    example('begin', [given([2], [5, 6]), start(0)], (x, at) => unwindow(x, at, 4), {
      value: [5, 6, 0, 0],
      derivatives: 1,
    }),
    example('middle', [given([2], [5, 6]), start(1)], (x, at) => square(unwindow(x, at, 4)), {
      value: [0, 25, 36, 0],
      derivatives: 2,
    }),
    example('end', [given([2], [5, 6]), start(2)], (x, at) => unwindow(x, at, 4), {
      value: [0, 0, 5, 6],
      derivatives: 1,
    }),
  ],
} as const;
