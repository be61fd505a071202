import * as ops from '../../ops/index.ts';
import { constant } from '../../tensor.ts';
import { example, given, hiddenOutput, random } from '../case.ts';

const { abs, atanh, erf, exp, log, reciprocal, relu, sigmoid, softplus, sqrt, swish, tanh } = ops;

/** Cases of functions of one element. */
export const activationCases = {
  abs: [
    example('kink', [given([3], [-2, 0, 3])], (x) => abs(x), { value: [2, 0, 3], gradient: [-1, 0, 1] }),
    example('matrix', [given([2, 2], [-0.5, 0.25, 8, -9])], (x) => abs(x), { derivatives: 1 }),
  ],
  atanh: [
    example('by hand', [given([3], [0, 0.5, -0.5])], (x) => atanh(x), {
      value: [0, Math.log(3) / 2, -Math.log(3) / 2],
      derivatives: 2,
    }),
    example('batch', [random(1, ['batch', 2], -0.9, 0.9)], (x) => atanh(x), { derivatives: 2 }),
    example('ends', [given([3], [1, -1, 1.5])], (x) => atanh(x), { value: [Infinity, -Infinity, NaN] }),
  ],
  erf: [
    // From tables: Abramowitz and Stegun, table 7.1.
    example('table', [given([6], [0, 0.5, -1, 2, 3, -4])], (x) => erf(x), {
      value: [
        0, 0.5204998778130465, -0.8427007929497149, 0.9953222650189527, 0.9999779095030014,
        -0.9999999845827421,
      ],
      derivatives: 2,
    }),
    example('batch', [random(1, ['batch', 3], -2, 2)], (x) => erf(x), { derivatives: 2 }),
    example('flat ends', [given([4], [6, -7, Infinity, NaN])], (x) => erf(x), { value: [1, -1, 1, NaN] }),
  ],
  exp: [
    example('scalar', [given([], [1])], (x) => exp(x), { value: [Math.E], derivatives: 2 }),
    example('batch', [random(1, ['batch', 3])], (x) => exp(x), { derivatives: 2 }),
    example('large', [given([3], [80, -80, -200])], (x) => exp(x), {
      value: [5.5406223843935098e34, 1.8048513878454153e-35, 0],
    }),
  ],
  log: [
    example('by hand', [given([3], [1, 2, 0.5])], (x) => log(x), {
      value: [0, Math.LN2, -Math.LN2],
      derivatives: 2,
    }),
    example('edge', [given([3], [0, -1, 1e30])], (x) => log(x), {
      value: [-Infinity, NaN, 69.07755278982137],
    }),
  ],
  reciprocal: [
    example('by hand', [given([4], [2, -4, 0.5, 1])], (x) => reciprocal(x), {
      value: [0.5, -0.25, 2, 1],
      derivatives: 2,
    }),
    example('zero', [given([], [0])], (x) => reciprocal(x), { value: [Infinity] }),
  ],
  relu: [
    example('kink', [given([3], [-2, 0, 3])], (x) => relu(x), { value: [0, 0, 3], gradient: [0, 0, 1] }),
    example('three axes', [random(1, [2, 2, 2])], (x) => relu(x), { derivatives: 1 }),
    example('not a number', [given([2], [NaN, 1])], (x) => relu(x), { value: [NaN, 1] }),
  ],
  sigmoid: [
    example('by hand', [given([3], [0, Math.log(3), -Math.log(3)])], (x) => sigmoid(x), {
      value: [0.5, 0.75, 0.25],
      derivatives: 2,
    }),
    example('large', [given([2], [500, -500])], (x) => sigmoid(x), { value: [1, 0], gradient: [0, 0] }),
  ],
  softplus: [
    example('by hand', [given([2], [0, 1])], (x) => softplus(x), {
      value: [Math.LN2, Math.log(1 + Math.E)],
      derivatives: 2,
    }),
    example('large', [given([2], [500, -500])], (x) => softplus(x), { value: [500, 0], gradient: [1, 0] }),
  ],
  sqrt: [
    example('by hand', [given([2, 2], [4, 9, 0.25, 1])], (x) => sqrt(x), {
      value: [2, 3, 0.5, 1],
      derivatives: 2,
    }),
    example('edge', [given([2], [0, -1])], (x) => sqrt(x), { value: [0, NaN], gradient: [Infinity, NaN] }),
  ],
  swish: [
    example('by hand', [given([3], [0, Math.log(3), 2]), given([], [1])], (x, beta) => swish(x, beta), {
      value: [0, 0.75 * Math.log(3), 2 / (1 + Math.exp(-2))],
      derivatives: 2,
    }),
    example('slope per unit', [random(1, ['batch', 3]), random(2, [3])], (x, beta) => swish(x, beta), {
      derivatives: 2,
    }),
    example('slope kept as a row', [random(1, [2, 3]), random(2, [1, 3])], (x, beta) => swish(x, beta), {
      derivatives: 2,
    }),
    example(
      'masked, by hand',
      [given([3], [0, Math.log(3), 2]), given([], [1])],
      (x, beta) => swish(x, beta, constant([5, 2, 0])),
      { value: [0, 1.5 * Math.log(3), 0], derivatives: 2 },
    ),
    example(
      'masked',
      [random(1, [2, 3]), random(2, [3])],
      (x, beta) => swish(x, beta, constant([1.5, 0, 0.5, 0, 1, 2], [2, 3])),
      { derivatives: 2 },
    ),
    example(
      'masked, value and gates',
      [random(1, [2, 3]), random(2, [3])],
      (x, beta) => {
        const y = swish(x, beta, constant([1.5, 0, 0.5]));
        return [y, hiddenOutput(y, 1), hiddenOutput(y, 2)];
      },
      { derivatives: 2 },
    ),
    example('large', [given([2], [300, -300]), given([1], [2])], (x, beta) => swish(x, beta), {
      value: [300, 0],
      gradient: [1, 0, 0],
    }),
    example('gate alone', [random(1, [2, 3]), random(2, [3])], (x, beta) => hiddenOutput(swish(x, beta), 1), {
      derivatives: 2,
    }),
    example(
      'value and gate',
      [random(1, ['batch', 3]), random(2, [3])],
      (x, beta) => [swish(x, beta), hiddenOutput(swish(x, beta), 1)],
      { derivatives: 2 },
    ),
  ],
  tanh: [
    example('by hand', [given([3], [0, Math.log(2), -Math.log(2)])], (x) => tanh(x), {
      value: [0, 0.6, -0.6],
      derivatives: 2,
    }),
    example('large', [given([2], [500, -500])], (x) => tanh(x), { value: [1, -1], gradient: [0, 0] }),
  ],
} as const;
