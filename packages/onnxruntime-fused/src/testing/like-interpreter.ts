import { instruction, NONE } from '../../../graph/src/lowering/fusion/instructions.ts';
import { interpret } from '../../../graph/src/lowering/fusion/interpret.ts';
import { expectClose } from '../../../graph/src/testing/expect-close.ts';
import { numbersBetween } from '../../../graph/src/testing/random.ts';
import { testedSets } from './availability.ts';
import type { FusedModel } from './fused-model.ts';
import { runModel } from './run-model.ts';

/** Runs a model on random values, with each instruction set, and on the interpreter that states what it means. */
export async function expectLikeInterpreter(
  model: FusedModel,
  [from, to]: readonly [number, number] = [0.1, 3],
  tolerance = 3e-6,
) {
  const values = model.inputs.map(({ elements }, i) =>
    Float32Array.from(numbersBetween(i + 1, elements, from, to)),
  );
  const [rows, columns] = model.size;
  const expected = interpret(
    values.map((data) => Float64Array.from(data)),
    {
      rows,
      columns,
      inputs: model.inputs.map(({ kind }) => kind),
      outputs: model.outputs.map(({ kind }) => kind),
      outputShapes: [],
      constants: (model.constants ?? []).map(Math.fround),
      code: model.code.flat(),
    },
  );
  for (const instructionSet of testedSets) {
    const got = await runModel(model, values, { instructionSet });
    expected.forEach((numbers, i) =>
      expectClose(got[i] ?? [], numbers, tolerance, `${instructionSet}, output ${i}`),
    );
  }
}

/** Rows and columns of matrices: whole blocks and registers, and what is left of them. */
export const sizes: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 256],
  [1, 3000],
  [3000, 1],
  [7, 5],
  [7, 17],
  [7, 100],
  [256, 6],
  [201, 64],
  [256, 64],
  [257, 100],
  [256, 256],
  [3, 1500],
];

/** The instruction that copies an operand: the larger one of it and itself. */
export const copied = (target: number, source: number) =>
  [instruction.maximum, target, source, source, NONE] as const;
