import * as ops from '../../ops/index.ts';
import { discrete, example, given, held, random } from '../case.ts';

const { equal, greater, less, mul, toFloat, where } = ops;

const x = held(given([2, 3], [1, 2, 3, -1, 0, 1]));
const y = held(given([3], [2, 2, 2]));
const condition = discrete('bool', [2, 1], [1, 0]);

/** Cases of comparisons and of what uses them. */
export const compareCases = {
  less: [
    example('by hand', [x, y], (a, b) => less(a, b), { value: [1, 0, 0, 1, 1, 1] }),
    example('a number', [x], (a) => less(a, 0), { value: [0, 0, 0, 1, 0, 0] }),
    example('int64', [discrete('int64', [3], [1, 2, 3]), discrete('int64', [1], [2])], (a, b) => less(a, b), {
      value: [1, 0, 0],
    }),
  ],
  greater: [
    example('by hand', [x, y], (a, b) => greater(a, b), { value: [0, 0, 1, 0, 0, 0] }),
    example('batch', [held(random(1, ['batch', 2]))], (a) => greater(a, 0), {}),
  ],
  equal: [
    example('by hand', [x, y], (a, b) => equal(a, b), { value: [0, 1, 0, 0, 0, 0] }),
    example('not a number', [held(given([2], [NaN, 1]))], (a) => equal(a, a), { value: [0, 1] }),
  ],
  toFloat: [
    example('bool', [discrete('bool', [3], [1, 0, 1])], (a) => toFloat(a), { value: [1, 0, 1] }),
    example('int64', [discrete('int64', ['batch'], [-3, 0, 7, 1_000_000])], (a) => toFloat(a), {
      value: [-3, 0, 7, 1_000_000],
    }),
    example('float32 passes through', [given([2], [0.5, -1])], (a) => toFloat(mul(a, a)), {
      value: [0.25, 1],
      derivatives: 2,
    }),
  ],
  where: [
    example(
      'by hand, all broadcast',
      [condition, given([3], [1, 2, 3]), given([], [9])],
      (test, a, b) => where(test, a, b),
      { value: [1, 2, 3, 9, 9, 9], gradient: [1, 1, 1, 3], derivatives: 1 },
    ),
    example(
      'the condition broadcasts',
      [condition, random(1, [2, 3]), random(2, [2, 3])],
      (test, a, b) => where(test, a, b),
      {
        derivatives: 1,
      },
    ),
    example(
      'the condition leads',
      [discrete('bool', ['batch', 2], [1, 0, 0, 1, 1, 1, 0, 0]), random(1, [2]), random(2, [1])],
      (test, a, b) => where(test, a, b),
      {
        derivatives: 1,
      },
    ),
    example(
      'the branch that is not taken',
      [given([2], [2, -2])],
      (a) => where(greater(a, 0), ops.log(a), mul(a, a)),
      {
        value: [Math.LN2, 4],
        gradient: [0.5, -4],
      },
    ),
    example(
      'int64',
      [condition, discrete('int64', [2, 1], [5, 6]), discrete('int64', [1], [7])],
      (test, a, b) => where(test, a, b),
      {
        value: [5, 7],
      },
    ),
  ],
} as const;
