import { add, grad, linear, matmul, mean, program, square, sum } from '@meow-rl/graph';
import { describe, expect, test } from 'vitest';

import { addWork, countWork } from './work.ts';

describe('work of a program', () => {
  test('a layer and its gradient, counted by hand', () => {
    const layer = program(
      {
        inputs: { x: { shape: [8, 3] } },
        state: {
          w: { shape: [5, 3], initial: new Float32Array(15) },
          b: { shape: [5], initial: new Float32Array(5) },
        },
      },
      ({ x }, { w, b }) => {
        const loss = mean(square(linear(x, w, b)));
        const [dw, db] = grad(loss, [w, b]);
        return { outputs: { loss }, next: { w: add(w, dw), b: add(b, db) } };
      },
    );
    const { products, flops, compulsoryBytes } = countWork(layer);
    // x W' and dy' x take 2 * 8 * 3 * 5 each; the bias' gradient is a row of 8 ones times dy [8, 5].
    expect([products, flops]).toEqual([3, 240 + 240 + 80]);
    // x, w, b in; loss, w, b out.
    expect(compulsoryBytes).toBe(4 * (24 + 15 + 5 + 1 + 15 + 5));
  });

  test('transposes and sums over rows', () => {
    const products = program(
      { inputs: { a: { shape: [7, 2] }, b: { shape: [9, 7] } }, state: {} },
      ({ a, b }) => ({
        outputs: { y: sum(matmul(a, b, { transposeA: true, transposeB: true }), { axes: [1] }) },
      }),
    );
    expect(countWork(products)).toMatchObject({ products: 2, flops: 2 * 2 * 9 * 7 + 2 * 2 * 9 });
    expect(countWork(products).operatorBytes).toBe(4 * (14 + 63 + 18 + 18 + 2));
    expect(addWork([countWork(products), countWork(products)])).toEqual({
      products: 4,
      flops: 2 * (2 * 2 * 9 * 7 + 2 * 2 * 9),
      compulsoryBytes: 2 * 4 * (14 + 63 + 2),
      operatorBytes: 2 * 4 * (14 + 63 + 18 + 18 + 2),
    });
  });

  test('a named axis has no work to count', () => {
    const open = program({ inputs: { a: { shape: ['batch', 2] } }, state: {} }, ({ a }) => ({
      outputs: { y: square(a) },
    }));
    expect(() => countWork(open)).toThrow('the axis batch has no fixed length');
  });
});
