import { Tensor } from 'onnxruntime-common';
import { describe, expect, test } from 'vitest';

import { inputKind, instruction, NONE } from '../../graph/src/lowering/fusion/instructions.ts';
import type { OnnxNode } from '../../graph/src/onnx/schema.ts';
import { createSession } from './session.ts';
import { isLeftOut } from './testing/availability.ts';
import { fusedModel } from './testing/fused-model.ts';
import type { FusedModel } from './testing/fused-model.ts';
import { fullOutput, inputOf, runModel } from './testing/run-model.ts';

const { full, row, scalar } = inputKind;

const tensor = (length: number) => new Tensor('float32', new Float32Array(length), [length]);

/** Gives a node's attribute other numbers. */
const withInts =
  (name: string, values: readonly number[]) =>
  (node: OnnxNode): OnnxNode => ({
    ...node,
    attribute: node.attribute.map((attribute) =>
      attribute.name === name ? { ...attribute, ints: values.map(BigInt) } : attribute,
    ),
  });

describe.skipIf(isLeftOut)('the fused operator refuses', () => {
  const size = [6, 4] as const;
  const model: FusedModel = {
    size: [...size],
    inputs: [inputOf(full, size), inputOf(row, size)],
    outputs: [fullOutput(size)],
    constants: [1],
    code: [[instruction.add, 2, 0, 1, NONE]],
  };
  test.each([
    ['size', [6, 0], 'size must be rows and columns, both at least 1.'],
    ['size', [6], 'size must be rows and columns, both at least 1.'],
    ['inputs', [0, 4], 'input 1 has the unknown kind 4.'],
    ['outputs', [3], 'output 0 has the unknown kind 3.'],
    ['output_shapes', [2, 6], 'output_shapes ends before output 0.'],
    ['output_shapes', [2, 6, 5], 'output 0 has a shape of 30 elements, expected 24.'],
    ['output_shapes', [2, -6, -4], 'output 0 has an axis of -6 entries.'],
    ['output_shapes', [3, 2 ** 40, 2 ** 40, 3], 'output 0 has an axis of 1099511627776 entries.'],
    ['code', [0, 2, 0, 1], 'code has 4 numbers, expected five per instruction.'],
    ['code', [], 'code has 0 numbers, expected five per instruction.'],
    ['code', [29, 2, 0, 1, -1], 'instruction 0 has the unknown op 29.'],
    ['code', [-1, 2, 0, 1, -1], 'instruction 0 has the unknown op -1.'],
    ['code', [0, 1, 0, 1, -1], 'instruction 0 (op 0) cannot write operand 1.'],
    ['code', [0, 3, 0, 1, -1], 'instruction 0 (op 0) cannot write operand 3.'],
    ['code', [0, 2, 0, -1, -1], 'instruction 0 (op 0) cannot read operand -1.'],
    ['code', [0, 2, 70000, 1, -1], 'instruction 0 has the number 70000, expected -1 to 65535.'],
    ['code', [2 ** 32, 2, 0, 1, -1], 'instruction 0 has the number 4294967296, expected -1 to 65535.'],
    ['code', [0, 2, 0, 4, -1], 'instruction 0 (op 0) reads operand 4 before it is written.'],
    ['code', [0, 4, 0, 1, -1], 'nothing writes output 0.'],
    ['output_shapes', [2, 6, 4, 1], 'output_shapes goes on after the last output.'],
    ['code', [18, 2, 0, -1, -1], 'instruction 0 (op 18) cannot write operand 2.'],
    ['code', [19, 2, 0, -1, -1], 'instruction 0 (op 19) cannot write operand 2.'],
    ['code', [17, 2, 0, 3, 1], 'instruction 0 (op 17) cannot write operand 1.'],
    ['code', [20, 2, 0, 1, -1], 'instruction 0 (op 20) cannot read operand -1.'],
    ['code', [23, 2, 0, -1, -1], 'instruction 0 (op 23) cannot read operand -1.'],
    ['code', [24, 2, 0, 1, -1], 'instruction 0 (op 24) cannot write operand 2.'],
    ['code', [25, 2, 0, 1, -1], 'instruction 0 (op 25) cannot read operand -1.'],
    ['code', [12, 2, 0, -1, -1], 'instruction 0 (op 12) cannot read operand -1.'],
    ['code', [27, 2, 0, -1, -1], 'instruction 0 (op 27) cannot read operand -1.'],
    ['code', [28, 2, 0, 1, -1], 'instruction 0 (op 28) cannot read operand -1.'],
  ])('%s %j', (name, values, message) => {
    expect(() => createSession(fusedModel(model, withInts(name, values)), 1)).toThrow(`Fused: ${message}`);
  });

  test('a model without constants where it should have some', async () => {
    const spoiled = fusedModel(model, (node) => ({
      ...node,
      attribute: node.attribute.filter(({ name }) => name !== 'constants'),
    }));
    expect(() => createSession(spoiled, 1)).toThrow('Fused: the attribute constants cannot be read: ');
  });

  test('a model whose attributes describe other inputs', async () => {
    const spoiled = fusedModel(model, withInts('inputs', [0, 1, 1]));
    // Operand 2 is an input then.
    expect(() => createSession(spoiled, 1)).toThrow('Fused: instruction 0 (op 0) cannot write operand 2.');
  });

  test('an output that nobody reads', async () => {
    const two = {
      ...model,
      outputs: [fullOutput(size), fullOutput(size)],
      code: [
        [instruction.add, 2, 0, 1, NONE],
        [instruction.add, 3, 0, 1, NONE],
      ],
    };
    const session = createSession(
      fusedModel(two, (node) => ({ ...node, output: ['', 'y1'] })),
      1,
    );
    await expect(session.run({ x0: tensor(24), x1: tensor(4) }, { y1: null })).rejects.toThrow(
      'Fused: output 0 is missing.',
    );
    await session.release();
  });

  test('parts of a single row', async () => {
    const single = {
      ...model,
      size: [1, 24] as const,
      inputs: [{ kind: full, elements: 12 }, inputOf(scalar, [1, 24])],
    };
    await expect(runModel(single, [new Float32Array(12), new Float32Array(1)])).rejects.toThrow(
      'Fused: input 0 (full) has 12 elements, expected 24.',
    );
  });

  test.each([
    ['full', [25, 4], 'input 0 (full) has 25 elements, expected 24 or whole rows that divide them.'],
    ['full, rows that do not divide', [16, 4], 'input 0 (full) has 16 elements, expected 24 or whole rows'],
    ['full, nothing', [0, 4], 'input 0 (full) has 0 elements, expected 24'],
    ['row', [24, 6], 'input 1 (row) has 6 elements, expected 4.'],
  ])('%s', async (_, [first = 0, second = 0], message) => {
    const other = {
      ...model,
      inputs: [
        { kind: full, elements: first },
        { kind: row, elements: second },
      ],
    };
    await expect(runModel(other, [new Float32Array(first), new Float32Array(second)])).rejects.toThrow(
      message,
    );
  });
});
