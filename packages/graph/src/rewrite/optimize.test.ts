import { describe, expect, it } from 'vitest';

import { grad } from '../grad.ts';
import { onnxRuntimeNode } from '../onnxruntime-node.ts';
import * as ops from '../ops/index.ts';
import { program, resultsOf } from '../program.ts';
import type { InputSpec } from '../program.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { expectClose } from '../testing/expect-close.ts';
import { constant } from '../tensor.ts';
import type { Tensor } from '../tensor.ts';
import { topologicalOrder } from '../topological-order.ts';
import { optimize } from './optimize.ts';

const {
  add,
  clip,
  concat,
  div,
  exp,
  expandAs,
  log,
  matmul,
  mean,
  mul,
  relu,
  reshape,
  slice,
  split,
  sub,
  sum,
  tanh,
} = ops;

const inputs = {
  x: { shape: [2, 3] },
  y: { shape: [2, 3] },
  row: { shape: [3] },
  batch: { shape: ['batch', 3] },
};
type Inputs = Readonly<Record<keyof typeof inputs, Tensor>>;
const specs: Readonly<Record<keyof typeof inputs, InputSpec>> = inputs;
const data = {
  x: [0.5, -1, 2, 0, 3, -0.25],
  y: [1, 2, -3, 4, 0.5, 6],
  row: [2, -1, 0.5],
  batch: [1, 2, 3, 4, 5, 6, 7, 8, 9],
};

const build = (outputs: (inputs: Inputs) => readonly Tensor[]) =>
  program({ inputs: specs, state: {} }, (tensors) => ({
    outputs: Object.fromEntries(outputs(tensors).map((tensor, i) => [`y${i}`, tensor])),
  }));

const operatorsOf = (built: ReturnType<typeof build>): string[] =>
  topologicalOrder(resultsOf(built)).flatMap((node) => (node.kind === 'operator' ? [node.operator] : []));

const valuesOf = async (built: ReturnType<typeof build>): Promise<number[]> =>
  Object.values(await (await referenceRuntime.load(built)).run(data)).flatMap((values) => Array.from(values));

/** Checks which operators are left and that the numbers are the same. */
async function expectOperators(
  outputs: (inputs: Inputs) => readonly Tensor[],
  before: readonly string[],
  after: readonly string[],
): Promise<void> {
  const built = build(outputs);
  const optimized = optimize(built);
  expect(operatorsOf(built)).toEqual(before);
  expect(operatorsOf(optimized)).toEqual(after);
  expectClose(await valuesOf(optimized), await valuesOf(built), 1e-15);
}

type Rewrite = readonly [
  name: string,
  outputs: (inputs: Inputs) => Tensor[],
  before: string[],
  after: string[],
];

const rewrites: readonly Rewrite[] = [
  ['a product with 1', ({ x }) => [mul(x, 1), mul(1, x)], ['mul', 'mul'], []],
  ['a sum with 0', ({ x }) => [add(x, 0), add(0, x)], ['add', 'add'], []],
  ['a difference to 0', ({ x }) => [sub(x, 0)], ['sub'], []],
  ['a quotient by 1', ({ x }) => [div(x, 1)], ['div'], []],
  [
    'a repetition before arithmetic',
    ({ x, row }) => [mul(expandAs(row, x), x)],
    ['expandAs', 'mul'],
    ['mul'],
  ],
  ['a repetition on the right', ({ x, row }) => [sub(x, expandAs(row, x))], ['expandAs', 'sub'], ['sub']],
  [
    'a repetition over a batch',
    ({ batch, row }) => [div(expandAs(row, batch), batch)],
    ['expandAs', 'div'],
    ['div'],
  ],
  ['a repetition of 1', ({ x }) => [mul(expandAs(constant(1), x), x)], ['expandAs', 'mul'], []],
  [
    'reshapes of reshapes',
    ({ x }) => [reshape(reshape(reshape(x, [6]), [1, 6]), [3, 2])],
    ['reshape', 'reshape', 'reshape'],
    ['reshape'],
  ],
  [
    'reshapes back',
    ({ x }) => [exp(reshape(reshape(x, [6]), [2, 3]))],
    ['reshape', 'reshape', 'exp'],
    ['exp'],
  ],
  [
    'equal sub-expressions',
    ({ x, y }) => [tanh(add(x, y)), exp(add(x, y))],
    ['add', 'tanh', 'add', 'exp'],
    ['add', 'tanh', 'exp'],
  ],
  [
    'sub-expressions that become equal',
    ({ x, row }) => [add(x, row), add(x, expandAs(row, x))],
    ['add', 'expandAs', 'add'],
    ['add'],
  ],
  [
    'equal constants',
    ({ row }) => [mul(row, constant([1, 2, 3])), mul(row, constant([1, 2, 3]))],
    ['mul', 'mul'],
    ['mul'],
  ],
  [
    'a rule that answers with one of several outputs',
    ({ x }) => split(x, [1, 1]).map((part) => mul(part, 1)),
    ['split', 'mul', 'mul'],
    ['split'],
  ],
  [
    'operators of constants',
    ({ x }) => [mul(x, exp(add(constant([1, 2, 3]), 1)))],
    ['add', 'exp', 'mul'],
    ['mul'],
  ],
  [
    'parts of constants',
    ({ row }) => split(constant([1, 2, 3, 4, 5, 6]), [3, 3]).map((part) => mul(row, part)),
    ['split', 'mul', 'mul'],
    ['mul', 'mul'],
  ],
];

const kept: readonly Rewrite[] = [
  ['a product with 0', ({ x }) => [mul(x, 0)], ['mul'], ['mul']],
  ['a sum that broadcasts', ({ row }) => [add(row, constant([[0]].flat(), [1, 1]))], ['add'], ['add']],
  [
    'a repetition that decides the shape',
    ({ x, row }) => [add(expandAs(row, x), row)],
    ['expandAs', 'add'],
    ['expandAs', 'add'],
  ],
  ['0 minus x', ({ x }) => [sub(0, x)], ['sub'], ['sub']],
  ['1 / x', ({ y }) => [div(1, y)], ['div'], ['div']],
  [
    'a product that is larger than its factors',
    ({ x }) => [matmul(x, matmul(constant([1, 2, 3], [3, 1]), constant([1, 2, 3], [1, 3])))],
    ['matmul', 'matmul'],
    ['matmul', 'matmul'],
  ],
  [
    'operators with other attributes',
    ({ x }) => [slice(x, { end: 1 }), slice(x, { start: 1 })],
    ['slice', 'slice'],
    ['slice', 'slice'],
  ],
  [
    'bounds that JSON cannot tell apart',
    ({ x }) => [clip(x, -Infinity, Infinity), clip(x, -Infinity, -Infinity)],
    ['clip', 'clip'],
    ['clip', 'clip'],
  ],
  [
    'zeros of unequal sign',
    ({ y }) => [div(y, constant(0)), div(y, constant(-0))],
    ['div', 'div'],
    ['div', 'div'],
  ],
  [
    'constants of unequal shape',
    ({ x }) => [concat([x, constant([1, 2, 3], [1, 3])]), concat([x, constant([1, 2, 4], [1, 3])])],
    ['concat', 'concat'],
    ['concat', 'concat'],
  ],
];

const large = () =>
  constant(
    Array.from({ length: 300 }, (_, i) => i),
    [100, 3],
  );
const ones = () => constant(new Float32Array(300).fill(1), [100, 3]);
const countProducts = (a: Tensor, b: Tensor): number =>
  operatorsOf(optimize(build(({ row }) => [mul(a, row), mul(b, row)]))).length;

describe('optimize', () => {
  it.each(rewrites)('leaves out %s', (_, ...checks) => expectOperators(...checks));

  it.each(kept)('keeps %s', (_, ...checks) => expectOperators(...checks));

  it('leaves out what no result needs', () => {
    const built = build(({ x, y }) => {
      exp(y);
      return [tanh(x)];
    });
    expect(operatorsOf(optimize(built))).toEqual(['tanh']);
  });

  it('merges large constants only by identity, or if all elements are equal', () => {
    const shared = large();
    expect(countProducts(shared, shared)).toBe(1);
    expect(countProducts(large(), large())).toBe(2);
    expect(countProducts(ones(), ones())).toBe(1);
  });

  it('does not swallow NaN', async () => {
    const built = build(({ x }) => {
      const invalid = log(sub(mul(x, 0), 1));
      return [
        mul(invalid, 0),
        mul(invalid, 1),
        add(invalid, 0),
        sub(invalid, invalid),
        relu(invalid),
        mul(log(constant(-1)), x),
      ];
    });
    const nothing = Array.from({ length: 36 }, () => Number.NaN);
    expect(await valuesOf(optimize(built))).toEqual(nothing);
    const executable = await onnxRuntimeNode().load(built);
    const outputs = Object.values(await executable.run(data)).flatMap((values) => Array.from(values));
    expect(outputs).toEqual(nothing);
    await executable.dispose();
  });

  it('reduces the gradient of a product to its other factor', () => {
    const built = build(({ x, y }) => [...grad(sum(mul(exp(x), y)), [y])]);
    expect(operatorsOf(optimize(built))).toEqual(['exp']);
  });

  it('keeps the numbers of a training step while it leaves out passes over the batch', async () => {
    const built = build(({ batch, row }) => {
      const loss = mean(ops.square(sub(ops.layerNorm(batch, row, row), tanh(batch))));
      return [loss, ...grad(loss, [batch, row])];
    });
    const optimized = optimize(built);
    const passes = (one: typeof built) =>
      topologicalOrder(resultsOf(one)).filter(
        (node) => node.kind === 'operator' && node.outputs[0]?.shape.join() === 'batch,3',
      ).length;
    expect(passes(optimized)).toBeLessThan(passes(built));
    expectClose(await valuesOf(optimized), await valuesOf(built), 1e-13);
  });

  it('sums a product with a row by a matrix product', async () => {
    await expectOperators(
      ({ x, row }) => [sum(mul(row, x), { axes: [1] })],
      ['mul', 'sum'],
      ['reshape', 'matmul', 'reshape'],
    );
    // The product of x and y is there anyway, so that one of the two products is left out.
    await expectOperators(
      ({ x, y, row }) => [
        sum(mul(y, mul(x, row)), { axes: [1], keepDims: true }),
        sum(mul(x, y), { axes: [0] }),
      ],
      ['mul', 'mul', 'sum', 'mul', 'sum'],
      ['mul', 'reshape', 'matmul', 'sum'],
    );
    await expectOperators(({ x, y }) => [sum(mul(x, y), { axes: [1] })], ['mul', 'sum'], ['mul', 'sum']);
    await expectOperators(({ x, row }) => [sum(mul(x, row), { axes: [0] })], ['mul', 'sum'], ['mul', 'sum']);
  });

  it('writes short constant rows out to the shape of the result', async () => {
    const built = build(({ x }) => [mul(constant([1, 0, 2]), x), sub(x, constant([1, 2, 3]))]);
    const constantsOf = (one: typeof built) =>
      topologicalOrder(resultsOf(one)).flatMap((node) =>
        node.kind === 'constant' ? [Array.from(node.data)] : [],
      );
    expect(constantsOf(optimize(built))).toEqual([
      [1, 0, 2, 1, 0, 2],
      [1, 2, 3, 1, 2, 3],
    ]);
    expect(await valuesOf(optimize(built))).toEqual(await valuesOf(built));
    const dynamic = build(({ batch }) => [mul(constant([1, 0, 2]), batch)]);
    expect(constantsOf(optimize(dynamic))).toEqual([[1, 0, 2]]);
  });

  it('does not change what is optimized already', () => {
    const once = optimize(build(({ x, row }) => [mul(expandAs(row, x), add(x, 0)), reshape(x, [3, 2])]));
    const twice = optimize(once);
    expect(resultsOf(twice)).toEqual(resultsOf(once));
    expect(twice.outputs['y0']).toBe(once.outputs['y0']);
  });

  it('treats next states like outputs', () => {
    const built = program(
      { inputs: {}, state: { w: { shape: [2], initial: [1, 2] }, v: { shape: [], initial: [0] } } },
      (_, { w, v }) => ({
        outputs: {},
        next: { w: mul(add(w, 0), 1), v: add(v, exp(constant(0))) },
      }),
    );
    const { state } = optimize(built);
    expect(state.w.next).toBe(built.state.w.value);
    expect(topologicalOrder([state.v.next ?? state.v.value]).map(({ kind }) => kind)).toEqual([
      'state',
      'constant',
      'operator',
    ]);
  });
});
