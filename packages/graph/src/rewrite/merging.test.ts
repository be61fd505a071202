import { describe, expect, it } from 'vitest';

import { ShapeError } from '../errors.ts';
import { fuse } from '../lowering/fusion/fuse.ts';
import { add, clip, div, mul, sub } from '../ops/index.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import type { Program } from '../program.ts';
import type { OperatorNode, Tensor } from '../tensor.ts';
import type { TensorType } from '../tensor-type.ts';
import { example, inputsOf, programOf, random, sizeInCase } from '../testing/case.ts';
import type { CaseInput, OperatorCase } from '../testing/case.ts';
import { expectClose } from '../testing/expect-close.ts';
import { names, operators } from '../testing/fused-programs.ts';
import { operatorCases } from '../testing/operator-cases.ts';
import { numbersBetween } from '../testing/random.ts';
import { optimize } from './optimize.ts';

const allCases = Object.values(operatorCases).flat();

const optimized = (operatorCase: OperatorCase): Program =>
  optimize<string, string, string>(programOf(operatorCase));

/** Checks that passes change no number of a case; gives the numbers, output by output. */
async function expectSameNumbers(operatorCase: OperatorCase): Promise<readonly (readonly number[])[]> {
  const outputsOf = async (one: Program) =>
    Object.values(await (await referenceRuntime.load(one)).run(inputsOf(operatorCase))).map((values) =>
      Array.from(values),
    );
  const expected = await outputsOf(programOf(operatorCase));
  for (const after of [optimized(operatorCase), fuse(optimized(operatorCase))]) {
    const got = await outputsOf(after);
    expected.forEach((values, i) =>
      expectClose(got[i] ?? [], values, 1e-12, `${operatorCase.name}, output ${i}`),
    );
  }
  return expected;
}

/** Inputs of these types, with numbers of their own each. */
const freshInputs = (types: readonly TensorType[]): readonly CaseInput[] =>
  types.map(({ dtype, shape }, i) => {
    const numbers = numbersBetween(i + 1, sizeInCase(shape), -1, 1);
    const data = dtype === 'float32' ? numbers : numbers.map((value) => (value > 0 ? 1 : 0));
    return { dtype, shape, data, held: true };
  });

/** An operator beside itself with inputs i and j exchanged; undefined where shapes forbid it. */
function besideExchanged(
  node: OperatorNode,
  types: readonly TensorType[],
  i: number,
  j: number,
): OperatorCase | undefined {
  const build = (tensors: readonly Tensor[]) => [
    ...node.kernel.rebuild(tensors),
    ...node.kernel.rebuild(tensors.map((tensor, at) => tensors[at === i ? j : at === j ? i : at] ?? tensor)),
  ];
  const operatorCase = {
    name: `${node.operator} with inputs ${i} and ${j}`,
    inputs: freshInputs(types),
    build,
  };
  try {
    programOf(operatorCase);
    return operatorCase;
  } catch (error) {
    if (error instanceof ShapeError) return undefined;
    throw error;
  }
}

/** Pairs of inputs of one dtype, with the types that a node has them in, and with both of the one's or the other's type. */
function* exchanges({ inputs }: OperatorNode): Generator<readonly [readonly TensorType[], number, number]> {
  for (const [i, first] of inputs.entries())
    for (const [j, second] of inputs.entries())
      if (i < j && first.dtype === second.dtype)
        for (const types of [inputs, inputs.with(i, second), inputs.with(j, first)]) yield [types, i, j];
}

describe('operators are not merged', () => {
  it('with inputs exchanged, unless that makes no difference', async () => {
    const [possible, exchanged, different] = [new Set<string>(), new Set<string>(), new Set<string>()];
    for (const node of allCases.flatMap((operatorCase) => operators(programOf(operatorCase))))
      for (const [types, i, j] of exchanges(node)) {
        possible.add(node.operator);
        const operatorCase = besideExchanged(node, types, i, j);
        if (!operatorCase) continue;
        exchanged.add(node.operator);
        const outputs = (await expectSameNumbers(operatorCase)).map((values) => values.join());
        const half = outputs.length / 2;
        if (outputs.slice(0, half).join(';') !== outputs.slice(half).join(';')) different.add(node.operator);
      }
    expect(exchanged).toEqual(possible);
    for (const name of ['sub', 'div', 'matmul', 'linear', 'greater', 'less', 'where', 'concat', 'expandAs'])
      expect(exchanged).toContain(name);
    // The numbers of all others differ, so that merging them would have shown.
    const indifferent = [...exchanged].filter((name) => !different.has(name));
    expect(indifferent.toSorted()).toEqual(['add', 'equal', 'maximum', 'minimum', 'mul']);
  });

  it('with other attributes, nor other operators of the same inputs', async () => {
    const byInputs = new Map<string, OperatorCase[]>();
    for (const operatorCase of allCases) {
      const key = operatorCase.inputs.map(({ dtype, shape }) => `${dtype} [${shape.join()}]`).join();
      byInputs.set(key, [...(byInputs.get(key) ?? []), operatorCase]);
    }
    for (const [name, cases] of byInputs) {
      const build = (tensors: readonly Tensor[]) =>
        cases.flatMap((operatorCase) => operatorCase.build(tensors));
      await expectSameNumbers({ name, inputs: cases[0]?.inputs ?? [], build });
    }
  });

  const [x, y, z] = [random(1, [3, 4], 0.5, 2), random(2, [3, 4], 0.5, 2), random(3, [3, 4], 0.5, 2)];

  it.each([
    ['sub', sub],
    ['div', div],
  ])('with a product on the one side or the other: %s', async (_, operatorCase) => {
    const build = (a: Tensor, b: Tensor, c: Tensor) => [
      operatorCase(mul(a, b), c),
      operatorCase(c, mul(a, b)),
    ];
    const [left, right] = await expectSameNumbers(example('both', [x, y, z], build, {}));
    expect(left).not.toEqual(right);
  });

  it('with 0 and −0, which differ where they are divided by', async () => {
    const [above, below] = await expectSameNumbers(
      example('bounds', [x], (a) => [div(a, clip(a, -1, 0)), div(a, clip(a, -1, -0))], {}),
    );
    expect(new Set(above)).toEqual(new Set([Infinity]));
    expect(new Set(below)).toEqual(new Set([-Infinity]));
  });

  it('but are with inputs exchanged where that gives the same bits', () => {
    for (const operatorCase of [add, mul])
      expect(
        names(optimized(example('both', [x, y], (a, b) => [operatorCase(a, b), operatorCase(b, a)], {}))),
      ).toHaveLength(1);
  });
});
