import { readFileSync } from 'node:fs';

import { add, mul, program, sigmoid } from '@meow-rl/graph';
import { describe, expect, test } from 'vitest';

import { inputKind, instruction, NONE } from '../../graph/src/fusion/instructions.ts';
import { numbersBetween } from '../../graph/src/testing/random.ts';
import { instructionSets, onnxRuntimeFused } from './index.ts';
import type { InstructionSet } from './index.ts';
import type { SessionOptions } from './session.ts';
import { isLeftOut } from './testing/availability.ts';
import type { FusedModel } from './testing/fused-model.ts';
import { fullOutput, inputOf, runModel } from './testing/run-model.ts';

/** The sets by what a processor must have for them, as Linux lists it. */
const needed: readonly (readonly [InstructionSet, readonly string[]])[] = [
  ['avx512', ['avx512f', 'avx512bw', 'avx512dq', 'avx512vl', 'fma']],
  ['avx2', ['avx2', 'fma']],
  ['plain', []],
];

const { full } = inputKind;
const size = [1000, 1] as const;

/** A model's only result. */
const resultOf = async (model: FusedModel, values: readonly Float32Array[], options?: SessionOptions) => {
  const [result = new Float32Array(0)] = await runModel(model, values, options);
  return result;
};

describe.skipIf(isLeftOut)('instruction sets', () => {
  test.runIf(process.platform === 'linux' && process.arch === 'x64')(
    'are those that the processor has, the fastest first',
    () => {
      const flags = new Set(/^flags\s*:(.*)$/mu.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' '));
      const expected = needed.filter(([, names]) => names.every((name) => flags.has(name)));
      expect(instructionSets()).toEqual(expected.map(([name]) => name));
    },
  );

  const [fastest] = isLeftOut ? [] : instructionSets();

  // With fused multiplication and addition nothing is lost between the two: x² − 1 − 2⁻¹¹ = 2⁻²⁴ for x = 1 + 2⁻¹².
  test.runIf(process.arch === 'x64')('are used where they are chosen: products with a sum', async () => {
    const x = 1 + 2 ** -12;
    const values = [x, x, -1 - 2 ** -11].map((value) => new Float32Array(1000).fill(value));
    const model: FusedModel = {
      size,
      inputs: values.map(() => inputOf(full, size)),
      outputs: [fullOutput(size)],
      code: [[instruction.mulAdd, 3, 0, 1, 2]],
    };
    for (const instructionSet of instructionSets())
      expect(new Set(await resultOf(model, values, { instructionSet }))).toEqual(
        new Set([instructionSet === 'plain' ? 0 : 2 ** -24]),
      );
    expect(new Set(await resultOf(model, values))).toEqual(new Set([fastest === 'plain' ? 0 : 2 ** -24]));
  });

  test.runIf(process.arch === 'x64')('are used where they are chosen: sigmoids', async () => {
    const values = [Float32Array.from(numbersBetween(1, 1000, -9, 9))];
    const model: FusedModel = {
      size,
      inputs: [inputOf(full, size)],
      outputs: [fullOutput(size)],
      code: [[instruction.sigmoid, 1, 0, NONE, NONE]],
    };
    const results = new Map<InstructionSet, string>();
    for (const instructionSet of instructionSets())
      results.set(instructionSet, (await resultOf(model, values, { instructionSet })).join());
    // Loops for other instructions round differently.
    expect(new Set(results.values()).size).toBe(results.size);
    expect((await resultOf(model, values)).join()).toBe(results.get(fastest ?? 'plain'));
  });

  test('are an option of the runtime', async () => {
    const activation = program({ inputs: { x: { shape: [2, 2] } }, state: {} }, ({ x }) => ({
      outputs: { y: add(mul(x, sigmoid(x)), 1) },
    }));
    for (const instructionSet of instructionSets()) {
      const executable = await onnxRuntimeFused({ instructionSet }).load(activation);
      const { y } = await executable.run({ x: [0, 1, 2, -1] });
      expect(y[0]).toBe(1);
      expect(y[1]).toBeCloseTo(1 + 1 / (1 + Math.exp(-1)), 6);
      await executable.dispose();
    }
    const other: { instructionSet: InstructionSet } = JSON.parse('{ "instructionSet": "mmx" }');
    expect(() => onnxRuntimeFused(other)).toThrow(
      new RangeError(
        `onnxRuntimeFused: instructionSet is mmx, which this processor does not have. Give one of ${instructionSets().join(', ')}.`,
      ),
    );
  });
});
