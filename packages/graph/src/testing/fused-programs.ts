import { expect } from 'vitest';

import { fuse } from '../lowering/fusion/fuse.ts';
import { instruction, INSTRUCTION_LENGTH } from '../lowering/fusion/instructions.ts';
import { optimize } from '../rewrite/optimize.ts';
import { mapValues, program, resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { sizeOfShape } from '../shape.ts';
import type { OperatorNode, Tensor } from '../tensor.ts';
import { topologicalOrder } from '../topological-order.ts';
import { expectClose } from './expect-close.ts';
import { numbersBetween } from './random.ts';

/** A program's operators, inputs first. */
export const operators = (built: Program): readonly OperatorNode[] =>
  topologicalOrder(resultsOf(built)).filter((node) => node.kind === 'operator');
/** Their names. */
export const names = (built: Program): readonly string[] => operators(built).map(({ operator }) => operator);
/** Its fused operators. */
export const fusedNodes = (built: Program): readonly OperatorNode[] =>
  operators(built).filter(({ operator }) => operator === 'fused');

/** The instructions of a fused node by name. */
export function codeOf(node: OperatorNode | undefined): readonly (string | undefined)[] {
  const code = node?.attributes['code'];
  if (!Array.isArray(code)) throw new TypeError('not a fused node');
  const named = new Map<number, string>(Object.entries(instruction).map(([name, built]) => [built, name]));
  return code.filter((_, i) => i % INSTRUCTION_LENGTH === 0).map((built) => named.get(Number(built)));
}

/** A program of float32 inputs of these shapes. */
export const programOn = (
  shapes: Readonly<Record<string, readonly (number | string)[]>>,
  build: (inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>,
): Program =>
  optimize(
    program({ inputs: mapValues(shapes, (shape) => ({ shape })), state: {} }, (inputs) => ({
      outputs: build(inputs),
    })),
  );

/** An input by its name. */
export const tensor = (tensors: Readonly<Record<string, Tensor>>, name: string): Tensor => {
  const named = tensors[name];
  if (!named) throw new RangeError(`no tensor ${name}`);
  return named;
};

/** Runs a program before and after it is changed, by default fused, on seeded inputs and compares. */
export async function expectSame(
  built: Program,
  lengths: Readonly<Record<string, number>> = {},
  change: (program: Program) => Program = fuse,
): Promise<Program> {
  const after = change(built);
  const inputs = mapValues(built.inputs, ({ shape }, name) =>
    numbersBetween(
      name.length + (name.codePointAt(0) ?? 0),
      sizeOfShape(shape.map((dim) => (typeof dim === 'number' ? dim : (lengths[dim] ?? 1)))),
      -2,
      2,
    ),
  );
  const [plain, fused] = await Promise.all([built, after].map((one) => referenceRuntime.load(one)));
  const expected = await plain?.run(inputs);
  const got = await fused?.run(inputs);
  expect(Object.keys(got ?? {})).toEqual(Object.keys(expected ?? {}));
  for (const [name, values] of Object.entries(expected ?? {})) expectClose(got?.[name] ?? [], values, 1e-9);
  return after;
}
