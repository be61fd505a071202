import { concat, grad, sum } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { gelu, relu, silu, swish, tanh } from './index.ts';
import { compute, expectClose, matrix } from './testing/index.ts';

const POINTS = [-3, -1, -0.5, 0.5, 1, 2.5];

/** Values at POINTS; those of gelu and silu are from the erfc and exp of Python's math module. */
const known: readonly (readonly [string, (x: Tensor) => Tensor, readonly number[]])[] = [
  ['relu', relu, [0, 0, 0, 0.5, 1, 2.5]],
  ['tanh', tanh, POINTS.map(Math.tanh)],
  [
    'gelu',
    gelu,
    [
      -0.004049694094890287, -0.15865525393145707, -0.15426876936299344, 0.34573123063700656,
      0.8413447460685429, 2.4844758366855597,
    ],
  ],
  [
    'silu',
    silu,
    [
      -0.14227761953270035, -0.2689414213699951, -0.1887703343990727, 0.3112296656009273, 0.7310585786300049,
      2.3103545499468914,
    ],
  ],
];

const valuesAt = (
  activation: (x: Tensor) => Tensor,
  points: readonly number[],
  runtime = onnxRuntimeNode(),
) => compute({ x: matrix([points]) }, ({ x }) => ({ y: activation(x) }), runtime);

describe.each(known)('%s', (_, activation, expected) => {
  it('has known values, on onnxruntime-node too', async () => {
    const reference = await compute({ x: matrix([POINTS]) }, ({ x }) => ({ y: activation(x) }));
    expectClose(reference.y, expected, 1e-12);
    expectClose((await valuesAt(activation, POINTS)).y, expected, 1e-6);
  });

  it('has the slope of finite differences', async () => {
    const step = 1e-5;
    const { y, slope } = await compute(
      {
        x: matrix([POINTS]),
        up: matrix([POINTS.map((x) => x + step)]),
        down: matrix([POINTS.map((x) => x - step)]),
      },
      ({ x, up, down }) => ({
        slope: concat(grad(sum(activation(x)), [x])),
        y: concat([activation(up), activation(down)], 1),
      }),
    );
    const differences = POINTS.map((_, i) => ((y[i] ?? 0) - (y[i + POINTS.length] ?? 0)) / (2 * step));
    expectClose(slope, differences, 1e-9);
  });
});

describe('swish', () => {
  it('has a slope per unit that starts at 1, and gradients for it', async () => {
    const { parameters, bind } = swish.layer('net.0', 2);
    expect(parameters.map(({ name, shape }) => ({ name, shape }))).toEqual([
      { name: 'net.0.beta', shape: [2] },
    ]);
    expect(parameters[0]?.initial(createGenerator(1))).toEqual(Float32Array.of(1, 1));
    const { y, slope } = await compute(
      { x: matrix([[1, 2]]), beta: { shape: [2], data: [0.5, -1] } },
      ({ x, beta }) => {
        const y = bind(() => beta)(x);
        return { y, slope: concat(grad(sum(y), [beta])) };
      },
    );
    const gate = [1 / (1 + Math.exp(-0.5)), 1 / (1 + Math.exp(2))] as const;
    expectClose(y, [gate[0], 2 * gate[1]], 1e-12);
    // d/dβ x σ(βx) = x² σ (1 − σ)
    expectClose(slope, [gate[0] * (1 - gate[0]), 4 * gate[1] * (1 - gate[1])], 1e-12);
  });
});
