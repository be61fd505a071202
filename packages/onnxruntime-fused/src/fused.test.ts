import { describe, expect, test } from 'vitest';

import { inputKind, instruction, NONE, outputKind } from '../../graph/src/lowering/fusion/instructions.ts';
import { numbersBetween } from '../../graph/src/testing/random.ts';
import { isLeftOut, testedSets } from './testing/availability.ts';
import type { FusedModel } from './testing/fused-model.ts';
import { copied, expectLikeInterpreter, sizes } from './testing/like-interpreter.ts';
import { fullOutput, inputOf, runModel } from './testing/run-model.ts';

const { full, row, column, scalar } = inputKind;

describe.skipIf(isLeftOut)('the fused operator', () => {
  describe.each(sizes)('of %i rows and %i columns', (...size) => {
    const pairs = ['add', 'sub', 'mul', 'div', 'minimum', 'maximum', 'isGreater', 'isEqual'] as const;
    const single = ['neg', 'exp', 'log', 'sqrt', 'abs', 'sigmoid', 'reciprocal', 'tanh', 'rowSum'] as const;

    test.each(pairs)('%s, for every pair of kinds', async (name) => {
      const kinds = Object.values(inputKind);
      const both = kinds.flatMap((first) => kinds.map((second) => [first, second]));
      await expectLikeInterpreter({
        size,
        inputs: kinds.map((kind) => inputOf(kind, size)),
        outputs: both.map(() => fullOutput(size)),
        code: both.map(([first = 0, second = 0], i) => [instruction[name], 4 + i, first, second, NONE]),
      });
    });

    const triples = ['mulAdd', 'mulSub', 'subMul', 'mulMul'] as const;

    test.each(triples)('%s, for every pair of kinds, and in place', async (name) => {
      const kinds = Object.values(inputKind);
      const both = kinds.flatMap((first) => kinds.map((second) => [first, second]));
      const last = 4 + both.length;
      await expectLikeInterpreter({
        size,
        inputs: kinds.map((kind) => inputOf(kind, size)),
        outputs: [...both.map(() => fullOutput(size)), fullOutput(size)],
        code: [
          ...both.map(([first = 0, second = 0], i) => [
            instruction[name],
            4 + i,
            first,
            second,
            (first + second) % 4,
          ]),
          copied(last, 0),
          [instruction[name], last, last, last, last],
        ],
      });
    });

    test('mulSigmoid, for every pair of kinds, and in place', async () => {
      const kinds = Object.values(inputKind);
      const both = kinds.flatMap((first) => kinds.map((second) => [first, second]));
      const last = 4 + both.length;
      await expectLikeInterpreter(
        {
          size,
          inputs: kinds.map((kind) => inputOf(kind, size)),
          outputs: [...both.map(() => fullOutput(size)), fullOutput(size)],
          code: [
            ...both.map(([first = 0, second = 0], i) => [instruction.mulSigmoid, 4 + i, first, second, NONE]),
            copied(last, 0),
            [instruction.mulSigmoid, last, last, 1, NONE],
          ],
        },
        [-3, 3],
        1e-6,
      );
    });

    test('atanh, from an input and in place', async () =>
      expectLikeInterpreter(
        {
          size,
          inputs: [inputOf(full, size)],
          outputs: [fullOutput(size), fullOutput(size)],
          code: [[instruction.atanh, 1, 0, NONE, NONE], copied(2, 0), [instruction.atanh, 2, 2, NONE, NONE]],
        },
        [-0.99999, 0.99999],
        1e-6,
      ));

    test('select, by a comparison and by numbers that may be 0, and in place', async () => {
      const last = 6;
      await expectLikeInterpreter({
        size,
        inputs: [inputOf(full, size), inputOf(row, size), inputOf(column, size)],
        outputs: [fullOutput(size), fullOutput(size), fullOutput(size), fullOutput(size)],
        constants: [1.5],
        code: [
          [instruction.isGreater, 3, 0, 7, NONE],
          [instruction.select, 4, 3, 0, 1],
          [instruction.select, 5, 3, 2, 4],
          copied(last, 3),
          [instruction.select, last, last, 1, last],
        ],
      });
    });

    test('mulRowSum and mulSumRows, of inputs and of what was computed', async () => {
      const [rows, columns] = size;
      await expectLikeInterpreter(
        {
          size,
          inputs: [inputOf(full, size), inputOf(row, size), inputOf(column, size)],
          outputs: [
            fullOutput(size),
            fullOutput(size),
            { kind: outputKind.row, shape: [1, columns] },
            { kind: outputKind.row, shape: [columns] },
            { kind: outputKind.column, shape: [rows] },
          ],
          code: [
            [instruction.mulRowSum, 3, 0, 1, NONE],
            copied(4, 0),
            [instruction.mulRowSum, 4, 4, 4, NONE],
            [instruction.mulSumRows, 5, 0, 2, NONE],
            [instruction.mulSumRows, 6, 0, 0, NONE],
            [instruction.first, 7, 3, NONE, NONE],
          ],
        },
        [-1, 1],
        2e-4,
      );
    });

    test.each(single)('%s, from an input and in place', async (name) => {
      // Values below 0 too, where there is a result for them.
      const from = name === 'log' || name === 'sqrt' ? 0.01 : -3;
      await expectLikeInterpreter(
        {
          size,
          inputs: [inputOf(full, size)],
          outputs: [fullOutput(size), fullOutput(size)],
          code: [
            [instruction[name], 1, 0, NONE, NONE],
            copied(3, 0),
            [instruction[name], 3, 3, NONE, NONE],
            copied(2, 3),
          ],
        },
        [from, 3],
        // Sums over a row are of the size of their terms times its length's root.
        name === 'rowSum' ? 1e-4 : name === 'reciprocal' ? 3e-7 : 1e-6,
      );
    });

    test('standardize, with and without its second target', async () =>
      expectLikeInterpreter(
        {
          size,
          inputs: [inputOf(full, size)],
          outputs: [fullOutput(size), fullOutput(size), fullOutput(size)],
          constants: [1e-3],
          code: [
            [instruction.standardize, 1, 0, 4, 2],
            copied(3, 0),
            [instruction.standardize, 3, 3, 4, NONE],
          ],
        },
        [0.1, 3],
        1e-5,
      ));

    // No matrix says here where the last rows are.
    test('sums of a column times a row, and their first entries', async () => {
      const [rows, columns] = size;
      await expectLikeInterpreter(
        {
          size,
          inputs: [inputOf(column, size), inputOf(row, size)],
          outputs: [
            { kind: outputKind.row, shape: [columns] },
            { kind: outputKind.row, shape: [columns] },
            { kind: outputKind.column, shape: [rows] },
          ],
          code: [
            [instruction.mulSumRows, 2, 0, 1, NONE],
            [instruction.mul, 5, 0, 1, NONE],
            [instruction.sumRows, 3, 5, NONE, NONE],
            [instruction.first, 4, 5, NONE, NONE],
          ],
        },
        [-1, 1],
        2e-4,
      );
    });

    test('sumRows and first, of an input and of what was computed', async () => {
      const [rows, columns] = size;
      await expectLikeInterpreter(
        {
          size,
          inputs: [inputOf(full, size), inputOf(column, size)],
          outputs: [
            { kind: outputKind.row, shape: [1, columns] },
            { kind: outputKind.column, shape: [rows, 1, 1] },
            { kind: outputKind.row, shape: [columns] },
          ],
          constants: [2],
          code: [
            [instruction.sumRows, 2, 0, NONE, NONE],
            [instruction.mul, 6, 0, 1, NONE],
            [instruction.add, 6, 6, 5, NONE],
            [instruction.first, 3, 6, NONE, NONE],
            [instruction.sumRows, 4, 6, NONE, NONE],
          ],
        },
        [-1, 1],
        // Rounding of up to 3000 terms one after the other.
        2e-4,
      );
    });
  });

  test.each([
    [12, 1],
    [12, 4],
    [512, 256],
    [300, 100],
    [100, 25],
  ])('%i rows repeat %i', async (rows, period) => {
    for (const columns of [1, 5, 64])
      await expectLikeInterpreter({
        size: [rows, columns],
        inputs: [
          { kind: full, elements: period * columns },
          { kind: full, elements: rows * columns },
        ],
        outputs: [fullOutput([rows, columns])],
        code: [[instruction.sub, 2, 0, 1, NONE]],
      });
  });

  test('instructions one after another, reading what was written', async () =>
    expectLikeInterpreter(
      {
        size: [60, 33],
        inputs: [inputOf(full, [60, 33]), inputOf(row, [60, 33]), inputOf(scalar, [60, 33])],
        outputs: [fullOutput([60, 33]), fullOutput([60, 33])],
        constants: [0.5, -2],
        code: [
          [instruction.add, 7, 0, 1, NONE],
          [instruction.sigmoid, 8, 7, NONE, NONE],
          [instruction.mul, 3, 7, 8, NONE],
          [instruction.mul, 7, 3, 2, NONE],
          [instruction.maximum, 7, 7, 5, NONE],
          [instruction.rowSum, 8, 7, NONE, NONE],
          [instruction.div, 4, 7, 8, NONE],
          [instruction.mul, 4, 4, 6, NONE],
        ],
      },
      [-2, 2],
    ));

  test.each(testedSets)('values at the ends of what floats can be: %s', async (instructionSet) => {
    const ends = [0, 1e-40, 1e-30, 0.3, 0.499, 0.5, 0.99999, 1, 30, 87, 88.7, 90, 200, 3e38, Infinity];
    const x = Float32Array.from([...ends, ...ends.map((value) => -value), Number.NaN]);
    const names = [
      'exp',
      'log',
      'sigmoid',
      'tanh',
      'sqrt',
      'reciprocal',
      'abs',
      'neg',
      'atanh',
      'mulSigmoid',
      'minimum',
      'maximum',
      'isGreater',
      'isEqual',
    ] as const;
    const size = [x.length, 1] as const;
    const model: FusedModel = {
      size: [...size],
      inputs: [inputOf(full, size), inputOf(scalar, size)],
      outputs: names.map(() => fullOutput(size)),
      code: names.map((name, i) => [instruction[name], 2 + i, 0, i < 9 ? NONE : 1, NONE]),
    };
    const got = await runModel(model, [x, Float32Array.of(1)], { instructionSet });
    const functions: readonly ((value: number) => number)[] = [
      Math.exp,
      Math.log,
      (value) => 1 / (1 + Math.exp(-value)),
      Math.tanh,
      Math.sqrt,
      (value) => 1 / value,
      Math.abs,
      (value) => -value,
      Math.atanh,
      (value) => 1 / (1 + Math.exp(-value)),
      (value) => Math.min(value, 1),
      (value) => Math.max(value, 1),
      (value) => (value > 1 ? 1 : 0),
      (value) => (value === 1 ? 1 : 0),
    ];
    functions.forEach((evaluate, i) =>
      x.forEach((value, j) => {
        const [result, expected] = [got[i]?.[j] ?? 0, Math.fround(evaluate(value))];
        const what = `${names[i]}(${value})`;
        if (Number.isFinite(expected))
          expect(Math.abs(result - expected), what).toBeLessThanOrEqual(3e-7 * Math.abs(expected) + 2e-38);
        else expect(result, what).toBe(expected);
      }),
    );
    const nothing = [Float32Array.from(x, () => 1), Float32Array.of(Number.NaN)];
    const second = await runModel(model, nothing, { instructionSet });
    expect(second.slice(10).map((values) => values[0])).toEqual([Number.NaN, Number.NaN, 0, 0]);
  });

  test.each(testedSets)('a result of the same bits every time: %s', async (instructionSet) => {
    const size = [100, 37] as const;
    const model: FusedModel = {
      size: [...size],
      inputs: [inputOf(full, size)],
      outputs: [fullOutput(size), { kind: outputKind.row, shape: [37] }],
      constants: [1e-5],
      code: [
        [instruction.standardize, 1, 0, 3, NONE],
        [instruction.sumRows, 2, 1, NONE, NONE],
      ],
    };
    const values = [Float32Array.from(numbersBetween(3, 3700, -1, 1))];
    const first = await runModel(model, values, { instructionSet });
    expect(await runModel(model, values, { instructionSet })).toEqual(first);
  });
});
