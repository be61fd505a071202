import { describe, expect, test } from 'vitest';

import { grad } from '../../grad.ts';
import { linear, matmul, mul, relu, sum } from '../../ops/index.ts';
import type { Program } from '../../program.ts';
import { applyRules } from '../../rewrite/rewrite.ts';
import { inScope } from '../../scope.ts';
import type { Tensor } from '../../tensor.ts';
import { expectSame, names, operators, programOn, tensor } from '../../testing/fused-programs.ts';
import { lower } from '../lower.ts';
import { transposedProduct } from './transposed-products.ts';
import { withProducts } from './with-products.ts';

/** The product of x transposed and y or y transposed. */
const productOfTranspose =
  (transposeB: boolean) =>
  ({ x, y }: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>> => ({
    ...(x && y && { z: matmul(x, y, { transposeA: true, transposeB }) }),
  });

const transposedOnce = (program: Program): Program => applyRules(program, [transposedProduct]);

test('a transposed matrix of a wide product is transposed once, that of a narrow one by the engine', async () => {
  const wide = programOn({ x: [3, 129], y: [3, 129] }, productOfTranspose(false));
  expect(names(await expectSame(wide, {}, transposedOnce))).toEqual(['transpose', 'matmul']);
  const both = await expectSame(
    programOn({ x: [3, 130], y: [129, 3] }, productOfTranspose(true)),
    {},
    transposedOnce,
  );
  expect(names(both)).toEqual(['transpose', 'matmul']);
  expect(operators(both)[1]?.attributes).toEqual({ transposeA: false, transposeB: true });
  for (const shapes of [
    { x: [3, 129], y: [3, 128] },
    { x: [3, 128], y: [3, 129] },
    { x: [3, 2], y: [3, 200] },
  ]) {
    const narrow = programOn(shapes, productOfTranspose(false));
    expect(names(await expectSame(narrow, {}, transposedOnce))).toEqual(['matmul']);
  }
});

const scopesOf = (program: Program) => operators(program).map(({ scope }) => scope);

describe('with the operator for products', () => {
  /** A layer with its ReLU, and its gradients. */
  const layer = programOn({ x: [5, 3], w: [4, 3], b: [4] }, (inputs) => {
    const [x, w, b] = [tensor(inputs, 'x'), tensor(inputs, 'w'), tensor(inputs, 'b')];
    const y = relu(linear(x, w, b));
    const [dx, dw] = grad(sum(mul(y, y)), [x, w]);
    return { y, ...(dx && dw && { dx, dw }) };
  });

  test('a layer, its ReLU and its gradients are products', async () => {
    const after = await expectSame(layer, {}, withProducts);
    const products = operators(after).filter(({ operator }) => operator === 'product');
    expect(products.map(({ attributes }) => attributes)).toEqual([
      { transposeA: false, transposeB: true, rectified: true },
      { transposeA: false, transposeB: false, rectified: false },
      { transposeA: true, transposeB: false, rectified: false },
    ]);
    expect(products.map(({ inputs }) => inputs.length)).toEqual([3, 2, 2]);
    expect(names(after).filter((name) => ['linear', 'matmul', 'relu'].includes(name))).toEqual([]);
  });

  test('a product keeps the name of the module whose layer it is', () => {
    const named = programOn({ x: [5, 3], w: [4, 3], b: [4], v: [4, 2] }, (inputs) => {
      const hidden = inScope('layer', () =>
        linear(tensor(inputs, 'x'), tensor(inputs, 'w'), tensor(inputs, 'b')),
      );
      const positive = inScope('activation', () => relu(hidden));
      return { y: inScope('head', () => matmul(positive, tensor(inputs, 'v'))) };
    });
    expect(scopesOf(named)).toEqual(['layer', 'activation', 'head']);
    expect(scopesOf(withProducts(named))).toEqual(['layer', 'head']);
  });

  test('a product that is also read without its ReLU keeps both', async () => {
    const after = await expectSame(
      programOn({ x: [5, 3], y: [3, 4] }, (inputs) => {
        const z = matmul(tensor(inputs, 'x'), tensor(inputs, 'y'));
        return { z, positive: relu(z) };
      }),
      {},
      withProducts,
    );
    expect(names(after)).toEqual(['product', 'relu']);
    expect(operators(after)[0]?.attributes['rectified']).toBe(false);
  });

  test('products of what has a named axis are left to the engine', async () => {
    const after = await expectSame(
      programOn({ x: ['batch', 3], w: [4, 3], b: [4] }, (inputs) => ({
        y: relu(linear(tensor(inputs, 'x'), tensor(inputs, 'w'), tensor(inputs, 'b'))),
      })),
      { batch: 2 },
      withProducts,
    );
    expect(names(after)).toEqual(['linear', 'relu']);
  });

  test('they are used where the engine multiplies, and one transposes first where it does not', () => {
    const wide = programOn({ x: [3, 129], y: [3, 129] }, productOfTranspose(false));
    expect(names(lower(wide, { fuses: true, multiplies: true }).engine)).toEqual(['product']);
    expect(names(lower(wide, { fuses: true }).engine)).toEqual(['transpose', 'matmul']);
    expect(names(lower(wide).engine)).toEqual(['matmul']);
  });
});
