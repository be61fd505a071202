import { describe, expect, it } from 'vitest';

import { add, concat, expandAs, matmul, mul, reshape, slice } from '../ops/index.ts';
import { program, resultsOf } from '../program.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { isStatic, multipleOf } from '../shape.ts';
import { constant } from '../tensor.ts';
import { topologicalOrder } from '../topological-order.ts';
import { hasNamedAxes, withLengths } from './with-lengths.ts';

/** Each row of x twice, one after the other, plus a constant for each row, times w. */
const repeated = program(
  {
    inputs: { x: { shape: ['batch', 3] }, scale: { shape: [1] } },
    state: { w: { shape: [2, 3], initial: [1, 2, 3, 4, 5, 6] } },
  },
  ({ x, scale }, { w }) => {
    const rows = reshape(concat([x, x], 1), [multipleOf('batch', 2), 3]);
    const half = expandAs(
      constant(0.5),
      matmul(slice(rows, { axis: 1, end: 1 }), constant([1, 1, 1], [1, 3])),
    );
    return { outputs: { y: mul(matmul(add(rows, half), w, { transposeB: true }), scale) } };
  },
);

describe('withLengths', () => {
  it('knows all shapes, computes the same, and needs no tensor for the rows of a constant', async () => {
    const known = withLengths(repeated, new Map([['batch', 2]]));
    const nodes = topologicalOrder(resultsOf(known));
    expect(nodes.flatMap(({ outputs }) => outputs).every(({ shape }) => isStatic(shape))).toBe(true);
    expect(known.outputs.y.shape).toEqual([4, 2]);
    expect(known.inputs.x.shape).toEqual([2, 3]);
    const operators = nodes.flatMap((node) => (node.kind === 'operator' ? [node.operator] : []));
    expect(operators).not.toContain('expandAs');
    const inputs = { x: [1, 2, 3, -1, 0, 1], scale: [2] };
    const { y } = await (await referenceRuntime.load(known)).run(inputs);
    // (x + ½) wᵀ · 2 with rows 1.5 2.5 3.5 and −0.5 0.5 1.5.
    const [first, second] = [
      [34, 79],
      [10, 19],
    ];
    expect([...y]).toEqual([first, first, second, second].flat());
    expect(y).toEqual((await (await referenceRuntime.load(repeated)).run(inputs)).y);
  });

  it('leaves other axes, and programs without named ones, as they are', () => {
    expect(hasNamedAxes(repeated)).toBe(true);
    expect(withLengths(repeated, new Map([['time', 2]])).outputs.y.shape).toEqual(['2*batch', 2]);
    const fixed = withLengths(repeated, new Map([['batch', 5]]));
    expect(hasNamedAxes(fixed)).toBe(false);
    expect(withLengths(fixed, new Map([['batch', 7]])).outputs.y.shape).toEqual([10, 2]);
  });
});
