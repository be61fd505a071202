import { program, referenceRuntime, serialize } from '@meow-rl/graph';
import type { Program } from '@meow-rl/graph';
import { Tensor } from 'onnxruntime-common';
import { describe, expect, test } from 'vitest';

import { product } from '../../graph/src/lowering/products/product.ts';
import { expectClose } from '../../graph/src/testing/expect-close.ts';
import { numbersBetween } from '../../graph/src/testing/random.ts';
import { createSession } from './session.ts';
import type { SessionOptions } from './session.ts';
import { isLeftOut, testedSets } from './testing/availability.ts';
import { isUntouched, surrounded } from './testing/surrounded.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;

interface Options {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly rectified?: boolean;
  readonly biased?: boolean;
}

const flip = (shape: readonly number[], flipped = false) => (flipped ? shape.toReversed() : shape);

/** One product of [rows, inner] and [inner, columns]. */
function productProgram(
  [rows, inner, columns]: readonly [number, number, number],
  { biased = false, ...options }: Options,
): { readonly built: Program; readonly shapes: Shapes } {
  const shapes: Shapes = {
    a: flip([rows, inner], options.transposeA),
    b: flip([inner, columns], options.transposeB),
    ...(biased && { bias: [columns] }),
  };
  const inputs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));
  const built = program({ inputs, state: {} }, ({ a, b, bias }) => {
    if (!a || !b) throw new RangeError('a product has two factors');
    return { outputs: { y: product(bias ? [a, b, bias] : [a, b], options) } };
  });
  return { built, shapes };
}

const valuesOf = (shapes: Shapes): Readonly<Record<string, Float32Array>> =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape], i) => [
      name,
      Float32Array.from(
        numbersBetween(
          i + 1,
          shape.reduce((size, axis) => size * axis, 1),
          -1,
          1,
        ),
      ),
    ]),
  );

/** Runs a product on memory with other things beside it, which it must not touch. */
async function run(
  built: Program,
  shapes: Shapes,
  values: Readonly<Record<string, Float32Array>>,
  [rows, columns]: readonly [number, number],
  options?: SessionOptions,
): Promise<Float32Array> {
  const session = createSession(serialize(built), 1, options);
  const room = surrounded(new Float32Array(rows * columns));
  const feeds = Object.fromEntries(
    Object.entries(values).map(([name, data]) => [
      name,
      new Tensor('float32', surrounded(data), shapes[name] ?? []),
    ]),
  );
  await session.run(feeds, { y: new Tensor('float32', room, [rows, columns]) });
  await session.release();
  expect(isUntouched(room), 'nothing is written beside the result').toBe(true);
  return room;
}

describe.skipIf(isLeftOut)('the operator for products', () => {
  // Rows around whole tiles, columns around whole panels of each instruction set, and sums that are taken in parts.
  const sizes: readonly (readonly [number, number, number])[] = [
    [1, 1, 1],
    [14, 5, 32],
    [13, 7, 33],
    [29, 3, 16],
    [6, 64, 8],
    [27, 1, 17],
    [3, 515, 40],
    [16, 1030, 5],
    [45, 700, 22],
    [256, 23, 64],
  ];
  test.each(sizes)(
    '%i rows, sums over %i, %i columns, for each transposition',
    async (rows, inner, columns) => {
      for (const transposeA of [false, true])
        for (const transposeB of [false, true])
          for (const last of [{}, { biased: true, rectified: true }]) {
            const { built, shapes } = productProgram([rows, inner, columns], {
              transposeA,
              transposeB,
              ...last,
            });
            const values = valuesOf(shapes);
            const { y: expected = [] } = await (await referenceRuntime.load(built)).run(values);
            for (const instructionSet of testedSets) {
              const got = await run(built, shapes, values, [rows, columns], { instructionSet });
              const what = `${instructionSet} ${JSON.stringify({ transposeA, transposeB, ...last })}`;
              expectClose(got, expected, 2e-6 * Math.sqrt(inner), what);
            }
          }
    },
  );

  test('gives the same bits whatever tile a row is in', async () => {
    const { built, shapes } = productProgram([31, 700, 20], {});
    const { a = new Float32Array(0), ...values } = valuesOf(shapes);
    // All rows are the same.
    const alike = a.map((_, i) => a[i % 700] ?? 0);
    for (const instructionSet of testedSets) {
      const got = await run(built, shapes, { a: alike, ...values }, [31, 20], { instructionSet });
      for (let row = 1; row < 31; row++)
        expect(got.subarray(20 * row, 20 * row + 20)).toEqual(got.subarray(0, 20));
    }
  });

  test('gives the same bits whether a column is in a panel or behind them', async () => {
    const { built, shapes } = productProgram([37, 700, 20], { transposeA: true });
    const { b = new Float32Array(0), ...values } = valuesOf(shapes);
    // All columns are the same; with AVX-512 the last four fill no half of a register.
    const alike = b.map((_, i) => b[i - (i % 20)] ?? 0);
    for (const instructionSet of testedSets) {
      const got = await run(built, shapes, { b: alike, ...values }, [37, 20], { instructionSet });
      expect(got).toEqual(got.map((_, i) => got[i - (i % 20)] ?? 0));
    }
  });

  test('keeps NaN and infinities, also where it is rectified', async () => {
    const { built, shapes } = productProgram([3, 1, 2], { rectified: true });
    const values = { a: Float32Array.of(Number.NaN, Infinity, -Infinity), b: Float32Array.of(1, -1) };
    for (const instructionSet of testedSets)
      expect(await run(built, shapes, values, [3, 2], { instructionSet })).toEqual(
        Float32Array.of(Number.NaN, Number.NaN, Infinity, 0, 0, Infinity),
      );
  });

  test.each([
    ['inner axes that differ', { a: [2, 3], b: [4, 5] }, 'Product: inner axes differ, 3 and 4.'],
    ['a vector', { a: [3], b: [3, 5] }, 'Product: input 0 has 1 axes, expected 2.'],
    [
      'a bias of another length',
      { a: [2, 3], b: [3, 5], bias: [4] },
      'Product: the bias must be a vector of 5 entries.',
    ],
  ])('refuses %s', async (_, shapes: Shapes, message) => {
    const { built } = productProgram([2, 3, 5], { biased: 'bias' in shapes });
    const loose: Program = {
      ...built,
      inputs: Object.fromEntries(
        Object.entries(built.inputs).map(([name, tensor]) => [
          name,
          { ...tensor, shape: (shapes[name] ?? []).map((__, i) => `${name}${i}`) },
        ]),
      ),
    };
    await expect(run(loose, shapes, valuesOf(shapes), [2, 5])).rejects.toThrow(message);
  });
});
