import { describe, expect, it } from 'vitest';

import { add, concat, exp, mul, split } from '../ops/index.ts';
import { program, resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { numbersBetween } from '../testing/random.ts';
import { topologicalOrder } from '../topological-order.ts';
import { narrow } from './narrow.ts';

/** Cuts a vector, or the columns of a matrix, into parts of 1, 2, … entries and joins them in the opposite order. */
const parted = (count: number, axis: 0 | 1) => {
  const sizes = Array.from({ length: count }, (_, i) => i + 1);
  const length = (count * (count + 1)) / 2;
  const shape = axis === 0 ? [length] : ['rows', length];
  return program({ inputs: { x: { shape } }, state: {} }, ({ x }) => {
    const parts = split(exp(x), sizes, axis);
    return { outputs: { y: mul(2, concat(parts.toReversed(), axis)), last: parts.at(-1) ?? x } };
  });
};

const tensorsOf = (given: Program) =>
  topologicalOrder(resultsOf(given)).map(({ inputs, outputs }) => inputs.length + outputs.length);
const operatorsOf = (given: Program, operator: string) =>
  topologicalOrder(resultsOf(given)).filter((node) => node.kind === 'operator' && node.operator === operator)
    .length;

describe('narrow', () => {
  it.each([
    [9, 0, 10],
    [10, 0, 10],
    [41, 0, 10],
    [41, 1, 8],
    [30, 1, 3],
  ] as const)('gives %d parts along axis %d with at most %d tensors', async (count, axis, most) => {
    const given = parted(count, axis);
    const narrowed = narrow(given, most);
    expect(Math.max(...tensorsOf(given))).toBe(count + 1);
    expect(Math.max(...tensorsOf(narrowed))).toBeLessThanOrEqual(most);
    const inputs = { x: numbersBetween(1, ((axis + 1) * count * (count + 1)) / 2, -1, 1) };
    const outputsOf = async (one: typeof given) => (await referenceRuntime.load(one)).run(inputs);
    expect(await outputsOf(narrowed)).toEqual(await outputsOf(given));
  });

  it('takes as few steps as there can be', () => {
    const narrowed = narrow(parted(40, 0), 10);
    // 8 groups of 5.
    expect([operatorsOf(narrowed, 'split'), operatorsOf(narrowed, 'concat')]).toEqual([9, 9]);
  });

  it('leaves a program as it is where nothing is wide, and operators that can not be taken apart', () => {
    const given = parted(5, 0);
    expect(topologicalOrder(resultsOf(narrow(given, 6)))).toEqual(topologicalOrder(resultsOf(given)));
    const sum = program({ inputs: { x: { shape: [2] } }, state: {} }, ({ x }) => ({
      outputs: { y: add(x, exp(x)) },
    }));
    expect(tensorsOf(narrow(sum, 2))).toEqual(tensorsOf(sum));
  });
});
