import { describe, expect, test } from 'vitest';

import { add, atanh, clip, div, exp, mul, sigmoid, sub, sum } from '../../ops/index.ts';
import { referenceRuntime } from '../../runtimes/reference.ts';
import { constant } from '../../tensor.ts';
import type { Tensor } from '../../tensor.ts';
import { codeOf, expectSame, fusedNodes, names, programOn, tensor } from '../../testing/fused-programs.ts';
import { fuse } from './fuse.ts';

/** Shapes of what an operator reads that subtracts a constant with these entries. */
const shapesRead = async (row: (i: number) => number) => {
  const rows = constant(
    Float32Array.from({ length: 8 }, (_, i) => row(i)),
    [2, 4],
  );
  const after = await expectSame(
    programOn({ x: [2, 4] }, (inputs) => ({ y: exp(sub(tensor(inputs, 'x'), rows)) })),
  );
  return fusedNodes(after)[0]?.inputs.map(({ shape }) => shape.join());
};

/** A matrix of one number. */
const all = (value: number): Tensor => constant(new Float32Array(2000).fill(value), [2, 1000]);

/** Rows of 0 and 1. */
const mask = (): Tensor =>
  constant(
    Float32Array.from({ length: 40 }, (_, i) => i % 2),
    [10, 4],
  );

describe('the code of a fused operator', () => {
  test.each<readonly [string, (x: Tensor, y: Tensor) => Tensor]>([
    ['mulAdd', (x, y) => add(mul(x, y), 0.5)],
    ['mulSub', (x, y) => sub(mul(x, y), y)],
    ['mulSumRows', (x, y) => sum(mul(x, y), { axes: [0] })],
    ['mulMul', (x, y) => mul(mul(x, y), y)],
    ['mulSigmoid', (x, y) => sigmoid(mul(x, y))],
  ])('two operators that are one instruction, %s, are fused too', async (name, build) => {
    const after = await expectSame(
      programOn({ x: [3, 4], y: [3, 4] }, (inputs) => ({
        z: build(tensor(inputs, 'x'), tensor(inputs, 'y')),
      })),
    );
    expect(names(after)).toEqual(['fused']);
    expect(codeOf(fusedNodes(after)[0])).toEqual([name]);
  });

  test('a product that is only added to, subtracted or summed is part of that', async () => {
    const after = await expectSame(
      programOn({ x: [3, 4], y: [3, 4], z: [3, 4] }, (inputs) => {
        const [x, y, z] = [tensor(inputs, 'x'), tensor(inputs, 'y'), tensor(inputs, 'z')];
        const both = mul(x, z);
        return {
          more: add(mul(x, y), z),
          less: sub(mul(x, x), z),
          from: sub(z, mul(y, z)),
          twice: add(both, both),
          rows: sum(mul(exp(x), y), { axes: [1], keepDims: true }),
          columns: sum(mul(exp(y), z), { axes: [0] }),
        };
      }),
    );
    const code = fusedNodes(after).flatMap((node) => codeOf(node));
    expect(code.toSorted()).toEqual(
      [
        'mulAdd',
        'mulSub',
        'subMul',
        'mul',
        'add',
        'exp',
        'exp',
        'mulRowSum',
        'mulSumRows',
        'first',
      ].toSorted(),
    );
  });

  test('of a chain of products and a sum, each product is part of at most one instruction', async () => {
    const after = await expectSame(
      programOn({ x: [3, 4], y: [3, 4] }, (inputs) => {
        const [x, y] = [tensor(inputs, 'x'), tensor(inputs, 'y')];
        return { three: add(mul(mul(mul(x, y), y), y), x), two: sub(mul(mul(x, x), y), x) };
      }),
    );
    const code = fusedNodes(after).flatMap((node) => codeOf(node));
    expect(code.toSorted()).toEqual(['mul', 'mulAdd', 'mulMul', 'mulSub']);
  });

  test('a constant of equal rows is read as one row, and equal ones are read once', async () => {
    const other = constant(
      Float32Array.from({ length: 40 }, (_, i) => (i < 36 ? 1 : 2)),
      [10, 4],
    );
    const after = await expectSame(
      programOn({ x: [10, 4] }, (inputs) => {
        const x = tensor(inputs, 'x');
        return { y: sub(mul(exp(mul(x, mask())), mask()), other) };
      }),
    );
    expect(names(after)).toEqual(['fused']);
    expect(
      fusedNodes(after)[0]
        ?.inputs.map(({ shape }) => shape.join())
        .toSorted(),
    ).toEqual(['10,4', '10,4', '4']);
  });

  test('rows that differ by the sign of zero stay a matrix, rows with NaN are one row', async () => {
    expect(await shapesRead((i) => (i === 0 ? -0 : i % 4))).toEqual(['2,4', '2,4']);
    expect(await shapesRead((i) => (i % 4 === 0 ? Number.NaN : i % 4))).toEqual(['2,4', '4']);
  });

  test('a constant of equal entries is a number, 0 and −0 are two', async () => {
    const built = programOn({ x: [2, 1000] }, (inputs) => {
      const x = exp(tensor(inputs, 'x'));
      return { plus: div(x, all(0)), minus: div(x, all(-0)) };
    });
    const after = fuse(built);
    const [node] = fusedNodes(after);
    expect(node?.inputs).toHaveLength(1);
    expect(node?.attributes['columns']).toBe(1);
    const { plus = [], minus = [] } = await (
      await referenceRuntime.load(after)
    ).run({ x: new Float32Array(2000) });
    expect([plus[0], minus[0]]).toEqual([Infinity, -Infinity]);
  });

  test('a clip is fused', async () => {
    const after = await expectSame(
      programOn({ x: [3, 4] }, (inputs) => ({ y: atanh(clip(tensor(inputs, 'x'), -0.9, 0.9)) })),
    );
    expect(names(after)).toEqual(['fused']);
    expect(codeOf(fusedNodes(after)[0])).toEqual(['maximum', 'minimum', 'atanh']);
  });
});
