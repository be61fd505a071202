import { describe, expect, test } from 'vitest';

import { grad } from '../../grad.ts';
import { exp, linear, matmul, mul, sum, swish } from '../../ops/index.ts';
import type { Tensor } from '../../tensor.ts';
import { expectSame, fusedNodes, names, operators, programOn, tensor } from '../../testing/fused-programs.ts';

/** The product of x transposed and y or y transposed. */
const transposedProduct =
  (transposeB: boolean) =>
  ({ x, y }: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>> => ({
    ...(x && y && { z: matmul(x, y, { transposeA: true, transposeB }) }),
  });

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

  test('a transposed matrix of a wide product is transposed once, that of a narrow one by the engine', async () => {
    const wide = await expectSame(programOn({ x: [3, 129], y: [3, 129] }, transposedProduct(false)));
    expect(names(wide)).toEqual(['transpose', 'matmul']);
    const both = await expectSame(programOn({ x: [3, 130], y: [129, 3] }, transposedProduct(true)));
    expect(names(both)).toEqual(['transpose', 'matmul']);
    expect(operators(both)[1]?.attributes).toEqual({ transposeA: false, transposeB: true });
    for (const shapes of [
      { x: [3, 129], y: [3, 128] },
      { x: [3, 128], y: [3, 129] },
      { x: [3, 2], y: [3, 200] },
    ])
      expect(names(await expectSame(programOn(shapes, transposedProduct(false))))).toEqual(['matmul']);
  });
});
