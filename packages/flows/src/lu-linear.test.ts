import { constant, matmul, parameterLayout, transpose } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { initialize } from '@meow-rl/nn';
import { compute, expectClose, matrix, randomParameters, randomRows, rowsOf } from '@meow-rl/nn/testing';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { luLinear, permutation } from './index.ts';
import { unitTriangularInverse } from './triangular-inverse.ts';

const noState = matrix([[0]]);

/** A layer whose parameters are these, or as it starts. */
function layerOf(size: number, values?: Float32Array, minDiagonal?: number) {
  const module = luLinear({ name: 'mix', size, ...(minDiagonal !== undefined && { minDiagonal }) });
  const start = values ?? initialize(module, createGenerator(1));
  return module.bind(parameterLayout(module.parameters).unpack(constant(start)));
}

describe('unitTriangularInverse', () => {
  const sizes = [1, 2, 3, 5, 8, 13, 20];

  it.each(sizes)('undoes lower and upper triangular matrices of %i', async (size) => {
    const rows = randomRows(1, size, size, 0.7).map((row, i) => row.map((value, j) => (i > j ? value : 0)));
    const unit = rows.map((row, i) => row.map((value, j) => (i === j ? 1 : value)));
    const { lower, upper } = await compute(
      { strict: matrix(rows), whole: matrix(unit) },
      ({ strict, whole }) => ({
        lower: matmul(unitTriangularInverse(strict, size), whole),
        upper: matmul(unitTriangularInverse(transpose(strict, [1, 0]), size), transpose(whole, [1, 0])),
      }),
    );
    const identity = unit.flatMap((_, i) => unit.map((__, j) => (i === j ? 1 : 0)));
    expectClose(lower, identity, 1e-12);
    expectClose(upper, identity, 1e-12);
  });
});

describe('luLinear', () => {
  it('starts as the identity', async () => {
    const layer = layerOf(3);
    const points = [
      [1, -2, 0.5],
      [0, 3, 1e-3],
    ];
    const { forward, inverse, logDet } = await compute(
      { points: matrix(points), state: matrix([[0], [1]]) },
      ({ points, state }) => ({
        forward: layer.forward(points, state).out,
        inverse: layer.inverse(points, state).out,
        logDet: layer.stateLogDet?.(state) ?? state,
      }),
    );
    expectClose(forward, points.flat(), 1e-6);
    expectClose(inverse, points.flat(), 1e-6);
    expectClose(logDet, [0, 0], 1e-6);
  });

  it('multiplies by L U and adds the bias', async () => {
    // L = [[1, 0], [3, 1]], U = [[softplus(0) + 1e-3, 2], [0, softplus(1) + 1e-3]]; 9 stands where nothing is read.
    const layer = layerOf(2, Float32Array.of(9, 9, 3, 9, 9, 2, 9, 9, 0, 1, 5, 7));
    const [d0, d1] = [Math.log(2) + 1e-3, Math.log1p(Math.E) + 1e-3];
    const { out } = await compute({ z: matrix([[1, -2]]), state: noState }, ({ z, state }) => ({
      out: layer.forward(z, state).out,
    }));
    const [first, second] = [d0 - 4, -2 * d1];
    expectClose(out, [5 + first, 7 + 3 * first + second], 1e-12);
  });

  it('comes back in float32 with as many entries as the largest tasks have', async () => {
    const size = 20;
    const { parameters } = luLinear({ name: 'mix', size });
    const layer = layerOf(size, randomParameters(parameters, 3));
    const points = randomRows(4, 8, size, 2);
    const { back } = await compute(
      { points: matrix(points), state: noState },
      ({ points, state }) => ({ back: layer.inverse(layer.forward(points, state).out, state).out }),
      onnxRuntimeNode(),
    );
    expectClose(back, points.flat(), 1e-5);
  });

  it('stays finite in float32 where its diagonal is as small as it may be', async () => {
    const layer = layerOf(2, Float32Array.of(0, 0, 3, 0, 0, 2, 0, 0, -300, -300, 0, 0), 1e-6);
    const { out, back, logDet } = await compute(
      { points: matrix([[1, -2]]), state: noState },
      ({ points, state }) => {
        const { out } = layer.forward(points, state);
        return { out, back: layer.inverse(out, state).out, logDet: layer.stateLogDet?.(state) ?? state };
      },
      onnxRuntimeNode(),
    );
    expectClose(logDet, [2 * Math.log(1e-6)], 1e-4);
    expect([...out, ...back].every(Number.isFinite)).toBe(true);
  });

  it.each([0, 1e-40, 1, -1, Number.NaN])('refuses the smallest diagonal entry %s', (minDiagonal) => {
    expect(() => luLinear({ name: 'mix', size: 2, minDiagonal })).toThrow(
      `luLinear: minDiagonal must be at least 1e-6 and below 1, got ${minDiagonal}.`,
    );
  });
});

describe('permutation', () => {
  it('says where each entry comes from', async () => {
    const { out, back } = await compute({ z: matrix([[10, 20, 30]]), state: noState }, ({ z, state }) => {
      const layer = permutation([2, 0, 1]);
      const { out } = layer.forward(z, state);
      return { out, back: layer.inverse(out, state).out };
    });
    expect(out).toEqual([30, 10, 20]);
    expect(rowsOf(back, 3)).toEqual([[10, 20, 30]]);
  });

  it.each([[[]], [[0, 0]], [[1, 2]], [[0, 0.5]]])('refuses the order %j', (order) => {
    expect(() => permutation(order)).toThrow(
      `permutation: expected each of 0 to size − 1 once, got [${order.join(', ')}].`,
    );
  });
});
