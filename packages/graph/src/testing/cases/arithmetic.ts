import * as ops from '../../ops/index.ts';
import { example, given, random } from '../case.ts';
import type { CaseInput, OperatorCase } from '../case.ts';
import type { Tensor } from '../../tensor.ts';

const { add, clip, div, maximum, minimum, mul, neg, square, sub } = ops;

/** The ways in which two shapes broadcast. Positive numbers, so that division stays away from 0. */
const pairs: readonly (readonly [name: string, x: CaseInput, y: CaseInput])[] = [
  ['scalars', random(1, [], 0.5, 2), random(2, [], 0.5, 2)],
  ['scalar on the left', random(3, [], 0.5, 2), random(4, [2, 3], 0.5, 2)],
  ['a leading axis on the right', random(5, [3], 0.5, 2), random(6, [2, 3], 0.5, 2)],
  ['both sides', random(7, [2, 1], 0.5, 2), random(8, [1, 3], 0.5, 2)],
  ['three axes', random(9, [2, 1, 3], 0.5, 2), random(10, [2, 1], 0.5, 2)],
  ['a named axis', random(11, ['batch', 2], 0.5, 2), random(12, [2], 0.5, 2)],
  ['a named axis against 1', random(13, ['batch', 1], 0.5, 2), random(14, [1, 3], 0.5, 2)],
];

const broadcasts = (
  apply: (x: Tensor, y: Tensor) => Tensor,
  derivatives: 0 | 1 | 2,
): readonly OperatorCase[] =>
  pairs.map(([name, x, y]) => example(name, [x, y], (a, b) => apply(a, b), { derivatives }));

const left = given([2, 2], [1, -2, 3, 4]);
const right = given([2], [4, -8]);
const tied = given([3], [1, 2, 3]);
const against = given([3], [2, 2, 2]);
const gap = given([2], [NaN, 1]);

/** Cases of element-wise arithmetic. */
export const arithmeticCases = {
  add: [
    example('by hand', [left, right], (x, y) => add(x, y), { value: [5, -10, 7, -4], derivatives: 1 }),
    example('a number', [left], (x) => add(1, x), { value: [2, -1, 4, 5], derivatives: 1 }),
    example('with itself', [left], (x) => add(x, x), { value: [2, -4, 6, 8], derivatives: 1 }),
    ...broadcasts(add, 1),
  ],
  sub: [
    example('by hand', [left, right], (x, y) => sub(x, y), { value: [-3, 6, -1, 12], derivatives: 1 }),
    ...broadcasts(sub, 1),
  ],
  mul: [
    example('by hand', [left, right], (x, y) => mul(x, y), { value: [4, 16, 12, -32], derivatives: 2 }),
    example('not a number times 0', [gap], (x) => mul(x, 0), { value: [NaN, 0] }),
    ...broadcasts(mul, 2),
  ],
  div: [
    example('by hand', [left, right], (x, y) => div(x, y), {
      value: [0.25, 0.25, 0.75, -0.5],
      derivatives: 2,
    }),
    example('by 0', [given([3], [1, -1, 0])], (x) => div(x, 0), { value: [Infinity, -Infinity, NaN] }),
    ...broadcasts(div, 2),
  ],
  neg: [
    example('by hand', [left], (x) => neg(x), { value: [-1, 2, -3, -4], derivatives: 1 }),
    example('batch', [random(1, ['batch'])], (x) => neg(x), { derivatives: 1 }),
  ],
  square: [
    example('by hand', [left], (x) => square(x), { value: [1, 4, 9, 16], derivatives: 2 }),
    example('batch', [random(1, ['batch', 2])], (x) => square(x), { derivatives: 2 }),
  ],
  minimum: [
    example('ties', [tied, against], (x, y) => minimum(x, y), {
      value: [1, 2, 2],
      gradient: [1, 0.5, 0, 0, 0.5, 1],
    }),
    example('ties with itself', [tied], (x) => minimum(x, x), { value: [1, 2, 3], gradient: [1, 1, 1] }),
    example('not a number', [gap], (x) => minimum(x, 0), { value: [NaN, 0] }),
    example('not a number on the right', [given([1], [0]), gap], (x, y) => minimum(x, y), {
      value: [NaN, 0],
    }),
    ...broadcasts(minimum, 1),
  ],
  maximum: [
    example('ties', [tied, against], (x, y) => maximum(x, y), {
      value: [2, 2, 3],
      gradient: [0, 0.5, 1, 1, 0.5, 0],
    }),
    example('ties, broadcast', [tied, given([], [2])], (x, y) => maximum(x, y), {
      value: [2, 2, 3],
      gradient: [0, 0.5, 1, 1.5],
    }),
    example('not a number', [gap], (x) => maximum(x, 0), { value: [NaN, 1] }),
    example('not a number on the right', [given([1], [0]), gap], (x, y) => maximum(x, y), {
      value: [NaN, 1],
    }),
    ...broadcasts(maximum, 1),
  ],
  clip: [
    example('ends and outside', [given([5], [-2, -1, 0, 1, 2])], (x) => clip(x, -1, 1), {
      value: [-1, -1, 0, 1, 1],
      gradient: [0, 1, 1, 1, 0],
    }),
    example('one side open', [given([2], [-5, 5])], (x) => clip(x, -Infinity, 2), {
      value: [-5, 2],
      gradient: [1, 0],
    }),
    example('not a number', [gap], (x) => clip(x, -1, 1), { value: [NaN, 1] }),
    example('batch', [random(1, ['batch', 3])], (x) => clip(x, -0.5, 0.75), { derivatives: 1 }),
  ],
} as const;
