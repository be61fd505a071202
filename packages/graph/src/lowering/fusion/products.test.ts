import { describe, expect, test } from 'vitest';

import { grad } from '../../grad.ts';
import { exp, linear, matmul, mul, sum, swish } from '../../ops/index.ts';
import { expectSame, fusedNodes, names, programOn, tensor } from '../../testing/fused-programs.ts';

describe('products in a fused program', () => {
  test('a layer of one unit and its gradients are computed with what its input is made of', async () => {
    const after = await expectSame(
      programOn({ x: [5, 4], w: [1, 4], b: [1], slope: [4], weight: [5, 1] }, (inputs) => {
        const [x, w, b] = [tensor(inputs, 'x'), tensor(inputs, 'w'), tensor(inputs, 'b')];
        const y = linear(swish(x, tensor(inputs, 'slope')), w, b);
        const [dx, dw, db] = grad(sum(mul(mul(y, y), tensor(inputs, 'weight'))), [x, w, b]);
        return { y, ...(dx && dw && db && { dx, dw, db }) };
      }),
    );
    expect(names(after).filter((name) => name === 'linear' || name === 'matmul')).toEqual([]);
    const matrices = fusedNodes(after).filter(({ attributes }) => attributes['columns'] === 4);
    expect(matrices.map((node) => node.outputs.map(({ shape }) => shape.join()).toSorted())).toEqual([
      ['1,4', '5,1', '5,1', '5,4'],
    ]);
  });

  test('products with one row or column of a matrix that is not computed here are left to the engine', async () => {
    const after = await expectSame(
      programOn({ x: [5, 4], w: [1, 4], b: [1], c: [5, 1] }, (inputs) => ({
        y: linear(tensor(inputs, 'x'), tensor(inputs, 'w'), tensor(inputs, 'b')),
        z: matmul(tensor(inputs, 'c'), tensor(inputs, 'x'), { transposeA: true }),
      })),
    );
    expect(names(after).toSorted()).toEqual(['linear', 'matmul']);
  });

  test('products with one row or column of what has a named axis, or one column, are left to the engine', async () => {
    const dynamic = await expectSame(
      programOn({ x: ['batch', 4], w: [1, 4], b: [1] }, (inputs) => ({
        y: linear(exp(tensor(inputs, 'x')), tensor(inputs, 'w'), tensor(inputs, 'b')),
      })),
      { batch: 3 },
    );
    expect(names(dynamic)).toEqual(['exp', 'linear']);
    const narrow = await expectSame(
      programOn({ x: [5, 1], w: [1, 1], b: [1] }, (inputs) => ({
        y: linear(exp(tensor(inputs, 'x')), tensor(inputs, 'w'), tensor(inputs, 'b')),
      })),
    );
    expect(names(narrow)).toEqual(['exp', 'linear']);
  });
});
