import { describe, test } from 'vitest';

import { inputKind, instruction, NONE, outputKind } from '../../graph/src/lowering/fusion/instructions.ts';
import { isLeftOut } from './testing/availability.ts';
import { copied, expectLikeInterpreter, sizes } from './testing/like-interpreter.ts';
import { fullOutput, inputOf } from './testing/run-model.ts';

const { full, row, column } = inputKind;
const { mulSigmoid, mul, mulMul, subMul, mulAdd, mulSumRows, sumRows, mulRowSum, add } = instruction;
const sequences: Readonly<Record<string, readonly (readonly number[])[]>> = {
  swish: [
    [mulSigmoid, 7, 0, 1, NONE],
    [mul, 4, 0, 7, NONE],
    [mulSigmoid, 8, 3, 1, NONE],
    [mulMul, 9, 8, 2, 3],
    [mulSigmoid, 8, 9, 1, NONE],
    [mul, 9, 8, 9, NONE],
    [add, 5, 8, 9, NONE],
    [sumRows, 6, 9, NONE, NONE],
  ],
  'the gradient of swish': [
    [mulSigmoid, 7, 0, 1, NONE],
    [mul, 8, 0, 7, NONE],
    [subMul, 8, 8, 7, 8],
    [mul, 8, 3, 8, NONE],
    [mul, 7, 3, 7, NONE],
    [mulAdd, 4, 8, 1, 7],
    [mulSumRows, 6, 8, 0, NONE],
    copied(5, 8),
  ],
  'the gradient of swish with a mask': [
    [mulSigmoid, 7, 0, 1, NONE],
    [mul, 8, 7, 2, NONE],
    [mul, 9, 0, 8, NONE],
    [subMul, 7, 9, 7, 9],
    [mul, 7, 3, 7, NONE],
    [mul, 8, 3, 8, NONE],
    [mulAdd, 8, 7, 1, 8],
    [mulSumRows, 6, 7, 0, NONE],
    copied(4, 8),
    copied(5, 7),
  ],
  'the gradient of swish, whose parts are read again': [
    [mulSigmoid, 7, 0, 1, NONE],
    [mul, 8, 7, 2, NONE],
    [mul, 9, 0, 8, NONE],
    [subMul, 10, 9, 7, 9],
    [mul, 10, 3, 10, NONE],
    [mul, 11, 3, 8, NONE],
    [mulAdd, 4, 10, 1, 11],
    [add, 5, 8, 9, NONE],
    [sumRows, 6, 10, NONE, NONE],
  ],
  'the gradient of swish, whose factor changes': [
    [mulSigmoid, 7, 0, 1, NONE],
    [mul, 8, 0, 7, NONE],
    [subMul, 7, 8, 7, 8],
    [mul, 8, 3, 7, NONE],
    [mul, 7, 3, 7, NONE],
    [mulAdd, 4, 8, 1, 7],
    [mulSumRows, 6, 8, 0, NONE],
    copied(5, 8),
  ],
};

// Sequences of instructions that have a loop of their own, and those that look like one.
describe.skipIf(isLeftOut)('the fused operator', () => {
  describe.each(sizes)('of %i rows and %i columns', (...size) => {
    test.each(Object.entries(sequences))('%s', async (_, code) => {
      await expectLikeInterpreter(
        {
          size,
          inputs: [full, row, full, full].map((kind) => inputOf(kind, size)),
          outputs: [fullOutput(size), fullOutput(size), { kind: outputKind.row, shape: [size[1]] }],
          code,
        },
        [-2, 2],
        5e-5,
      );
    });

    test.each([
      ['the gradient of layer normalization', 10, 8],
      ['the gradient of layer normalization, whose means are read again', 7, 8],
      ['what would be the gradient of layer normalization if a factor were the same along a row', 10, 1],
    ])('%s', async (_, read, factor) => {
      await expectLikeInterpreter(
        {
          size,
          inputs: [full, row, full, row, column].map((kind) => inputOf(kind, size)),
          outputs: [fullOutput(size), { kind: outputKind.row, shape: [size[1]] }, fullOutput(size)],
          constants: [1 / size[1]],
          code: [
            copied(9, 0),
            [mul, 10, 9, 1, NONE],
            [mul, 11, 9, 2, NONE],
            [sumRows, 6, 11, NONE, NONE],
            [mulRowSum, 9, 9, 3, NONE],
            [subMul, 10, 9, factor, 10],
            [mulRowSum, 11, 11, 3, NONE],
            [mul, 11, 11, factor, NONE],
            [subMul, 10, 2, 11, 10],
            [mul, 5, 4, 10, NONE],
            read === 7 ? copied(7, 9) : copied(7, 5),
          ],
        },
        [-2, 2],
        5e-5,
      );
    });
  });
});
