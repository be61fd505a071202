import { describe, expect, test } from 'vitest';

import { grad } from '../grad.ts';
import {
  add,
  atanh,
  clip,
  concat,
  div,
  exp,
  layerNorm,
  linear,
  matmul,
  mul,
  relu,
  reshape,
  sigmoid,
  sub,
  sum,
  swish,
} from '../ops/index.ts';
import { optimize } from '../passes/optimize.ts';
import { mapValues, program, resultsOf } from '../program.ts';
import type { Program } from '../program.ts';
import { referenceRuntime } from '../runtimes/reference.ts';
import { sizeOfShape } from '../shape.ts';
import { constant } from '../tensor.ts';
import type { OperatorNode, Tensor } from '../tensor.ts';
import { cotangentsOf, gradientOf, inputsOf, programOf } from '../testing/case.ts';
import { expectClose } from '../testing/expect-close.ts';
import { operatorCases } from '../testing/operator-cases.ts';
import { numbersBetween } from '../testing/random.ts';
import { nodesBehind } from '../traverse.ts';
import { fuse } from './fuse.ts';
import { instruction, INSTRUCTION_LENGTH } from './instructions.ts';

const operators = (own: Program): readonly OperatorNode[] =>
  nodesBehind(resultsOf(own)).filter((node) => node.kind === 'operator');
const names = (own: Program): readonly string[] => operators(own).map(({ operator }) => operator);
const fusedNodes = (own: Program): readonly OperatorNode[] =>
  operators(own).filter(({ operator }) => operator === 'fused');

/** The instructions of a fused node by name. */
function codeOf(node: OperatorNode | undefined): readonly (string | undefined)[] {
  const code = node?.attributes['code'];
  if (!Array.isArray(code)) throw new TypeError('not a fused node');
  const named = new Map<number, string>(Object.entries(instruction).map(([name, own]) => [own, name]));
  return code.filter((_, i) => i % INSTRUCTION_LENGTH === 0).map((own) => named.get(Number(own)));
}

/** A program of float32 inputs of these shapes. */
const programOn = (
  shapes: Readonly<Record<string, readonly (number | string)[]>>,
  build: (inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>,
): Program =>
  optimize(
    program({ inputs: mapValues(shapes, (shape) => ({ shape })), state: {} }, (inputs) => ({
      outputs: build(inputs),
    })),
  );

const tensor = (tensors: Readonly<Record<string, Tensor>>, name: string): Tensor => {
  const found = tensors[name];
  if (!found) throw new RangeError(`no tensor ${name}`);
  return found;
};

/** Runs a program before and after fusion on seeded inputs and compares. */
async function expectSame(own: Program, lengths: Readonly<Record<string, number>> = {}): Promise<Program> {
  const after = fuse(own);
  const inputs = mapValues(own.inputs, ({ shape }, name) =>
    numbersBetween(
      name.length + (name.codePointAt(0) ?? 0),
      sizeOfShape(shape.map((dim) => (typeof dim === 'number' ? dim : (lengths[dim] ?? 1)))),
      -2,
      2,
    ),
  );
  const [plain, fused] = await Promise.all([own, after].map((one) => referenceRuntime.load(one)));
  const expected = await plain?.run(inputs);
  const got = await fused?.run(inputs);
  expect(Object.keys(got ?? {})).toEqual(Object.keys(expected ?? {}));
  for (const [name, values] of Object.entries(expected ?? {})) expectClose(got?.[name] ?? [], values, 1e-9);
  return after;
}

describe('every operator gives the same numbers fused', () => {
  for (const [name, cases] of Object.entries(operatorCases))
    test(name, async () => {
      for (const own of cases)
        for (const one of [own, ...(own.derivatives ? [gradientOf(own, cotangentsOf(own, 'random'))] : [])]) {
          const plain = await referenceRuntime.load(programOf(one));
          const fused = await referenceRuntime.load(fuse(optimize(programOf(one))));
          const expected = Object.values(await plain.run(inputsOf(one)));
          const got = Object.values(await fused.run(inputsOf(one)));
          expected.forEach((values, i) => expectClose(got[i] ?? [], values, 1e-9));
        }
    });
});

/** A layer as couplings have it, and the gradients of a loss of it. */
const layer = (rows: number, units: number): Program =>
  programOn(
    {
      x: [rows, 5],
      w: [units, 5],
      b: [units],
      scale: [units],
      shift: [units],
      slope: [units],
      mask: [rows, units],
    },
    (inputs) => {
      const of = (name: string) => tensor(inputs, name);
      const y = swish(
        layerNorm(linear(of('x'), of('w'), of('b')), of('scale'), of('shift')),
        of('slope'),
        of('mask'),
      );
      const wrt = ['x', 'w', 'b', 'scale', 'shift', 'slope'];
      const gradients = grad(
        sum(
          mul(
            y,
            matmul(
              y,
              constant(
                Float32Array.from({ length: units * units }, (_, i) => Math.sin(i)),
                [units, units],
              ),
            ),
          ),
        ),
        wrt.map(of),
      );
      return { y, ...Object.fromEntries(gradients.map((own, i) => [`d${wrt[i] ?? ''}`, own])) };
    },
  );

/** The product of x transposed and y or y transposed. */
const transposedProduct =
  (transposeB: boolean) =>
  ({ x, y }: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>> => ({
    ...(x && y && { z: matmul(x, y, { transposeA: true, transposeB }) }),
  });

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

describe('fuse', () => {
  test.each([
    [1, 2],
    [4, 4],
    [4, 1],
    [5, 3],
  ])('a layer of %i rows and %i units and its gradients keep their numbers', async (rows, units) => {
    await expectSame(layer(rows, units));
  });

  test('a layer is one operator forward and one backward, which computes again instead of reading', async () => {
    const after = await expectSame(layer(6, 7));
    const [forward, backward, ...more] = fusedNodes(after);
    expect(more).toEqual([]);
    expect(codeOf(forward)).toEqual(['standardize', 'mulAdd', 'mulSigmoid', 'mulMul']);
    expect(codeOf(backward)).toContain('standardize');
    // What the backward one reads of [6, 7]: the product, the mask, and two parts of the gradient.
    expect(backward?.inputs.filter(({ shape }) => shape.join() === '6,7')).toHaveLength(4);
    expect(backward?.outputs.map(({ shape }) => shape.join()).toSorted()).toEqual([
      '6,7',
      '7',
      '7',
      '7',
      '7',
    ]);
    expect(names(after).toSorted()).toEqual(
      ['fused', 'fused', 'linear', 'matmul', 'matmul', 'matmul', 'matmul'].toSorted(),
    );
  });

  test('a layer of one unit and its gradients are computed with what its input is made of', async () => {
    const after = await expectSame(
      programOn({ x: [5, 4], w: [1, 4], b: [1], slope: [4], weight: [5, 1] }, (inputs) => {
        const [x, w, b] = [tensor(inputs, 'x'), tensor(inputs, 'w'), tensor(inputs, 'b')];
        const y = linear(swish(x, tensor(inputs, 'slope')), w, b);
        const [dx, dw, db] = grad(sum(mul(mul(y, y), tensor(inputs, 'weight'))), [x, w, b]);
        return { y, ...(dx && dw && db && { dx, dw, db }) };
      }),
    );
    expect(names(after).filter((name) => name === 'linear' || name === 'matmul')).toEqual([]);
    const matrices = fusedNodes(after).filter(({ attributes }) => attributes['columns'] === 4);
    expect(matrices.map((node) => node.outputs.map(({ shape }) => shape.join()).toSorted())).toEqual([
      ['1,4', '5,1', '5,1', '5,4'],
    ]);
  });

  test('products with one row or column of a matrix that is not computed here are left to the engine', async () => {
    const after = await expectSame(
      programOn({ x: [5, 4], w: [1, 4], b: [1], c: [5, 1] }, (inputs) => ({
        y: linear(tensor(inputs, 'x'), tensor(inputs, 'w'), tensor(inputs, 'b')),
        z: matmul(tensor(inputs, 'c'), tensor(inputs, 'x'), { transposeA: true }),
      })),
    );
    expect(names(after).toSorted()).toEqual(['linear', 'matmul']);
  });

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

  test('a transposed matrix of a wide product is transposed once, that of a narrow one by the engine', async () => {
    const wide = await expectSame(programOn({ x: [3, 129], y: [3, 129] }, transposedProduct(false)));
    expect(names(wide)).toEqual(['transpose', 'matmul']);
    const both = await expectSame(programOn({ x: [3, 130], y: [129, 3] }, transposedProduct(true)));
    expect(names(both)).toEqual(['transpose', 'matmul']);
    expect(operators(both)[1]?.attributes).toEqual({ transposeA: false, transposeB: true });
    for (const shapes of [
      { x: [3, 129], y: [3, 128] },
      { x: [3, 128], y: [3, 129] },
      { x: [3, 2], y: [3, 200] },
    ])
      expect(names(await expectSame(programOn(shapes, transposedProduct(false))))).toEqual(['matmul']);
  });

  test('products with one row or column of what has a named axis, or one column, are left to the engine', async () => {
    const dynamic = await expectSame(
      programOn({ x: ['batch', 4], w: [1, 4], b: [1] }, (inputs) => ({
        y: linear(exp(tensor(inputs, 'x')), tensor(inputs, 'w'), tensor(inputs, 'b')),
      })),
      { batch: 3 },
    );
    expect(names(dynamic)).toEqual(['exp', 'linear']);
    const narrow = await expectSame(
      programOn({ x: [5, 1], w: [1, 1], b: [1] }, (inputs) => ({
        y: linear(exp(tensor(inputs, 'x')), tensor(inputs, 'w'), tensor(inputs, 'b')),
      })),
    );
    expect(names(narrow)).toEqual(['exp', 'linear']);
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
    const own = programOn({ x: [2, 1000] }, (inputs) => {
      const x = exp(tensor(inputs, 'x'));
      return { plus: div(x, all(0)), minus: div(x, all(-0)) };
    });
    const after = fuse(own);
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

  test('what is read by others too is an output', async () => {
    const after = await expectSame(
      programOn({ x: [3, 4], y: [3, 4], w: [4, 2] }, (inputs) => {
        const [x, y, w] = [tensor(inputs, 'x'), tensor(inputs, 'y'), tensor(inputs, 'w')];
        const inner = mul(add(x, y), 2);
        return { product: matmul(inner, w), outer: exp(inner) };
      }),
    );
    expect(fusedNodes(after).map(({ outputs }) => outputs.length)).toEqual([2]);
  });

  test('nothing that waits for another operator is put before it', async () => {
    const after = await expectSame(
      programOn({ x: [4, 4] }, (inputs) => {
        const before = mul(exp(tensor(inputs, 'x')), 0.1);
        const between = matmul(before, before);
        // Reads both what is before the product and the product: one operator would wait for itself.
        return { y: add(mul(before, between), between) };
      }),
    );
    expect(names(after)).toEqual(['fused', 'matmul', 'fused']);
  });

  test('a repeated matrix is read where it is, and so is a reshaped one', async () => {
    const after = await expectSame(
      programOn({ x: [3, 4], y: [24] }, (inputs) => {
        const x = tensor(inputs, 'x');
        return { z: exp(sub(mul(concat([x, x]), reshape(tensor(inputs, 'y'), [6, 4])), 1)) };
      }),
    );
    expect(names(after)).toEqual(['fused']);
    expect(fusedNodes(after)[0]?.inputs.map(({ shape }) => shape.join())).toEqual(
      expect.arrayContaining(['3,4', '24']),
    );
  });

  test('columns, rows and scalars broadcast', async () => {
    const after = await expectSame(
      programOn({ x: [5, 3], row: [3], column: [5, 1], scalar: [] }, (inputs) => {
        const of = (name: string) => tensor(inputs, name);
        const scaled = add(mul(mul(of('x'), of('row')), of('column')), of('scalar'));
        const centred = sub(scaled, mul(sum(scaled, { axes: [1], keepDims: true }), 1 / 3));
        return {
          centred,
          norm: sum(mul(centred, centred), { axes: [1] }),
          columns: sum(centred, { axes: [0] }),
        };
      }),
    );
    expect(names(after)).toEqual(['fused']);
  });

  test('a square matrix: sums over rows and over columns are told apart', async () => {
    await expectSame(
      programOn({ x: [4, 4] }, (inputs) => {
        const y = mul(exp(tensor(inputs, 'x')), 0.5);
        return {
          rows: sum(y, { axes: [1] }),
          columns: sum(y, { axes: [0] }),
          again: mul(y, sum(y, { axes: [1], keepDims: true })),
        };
      }),
    );
  });

  test('vectors: the sum of all is part of it', async () => {
    const after = await expectSame(
      programOn({ x: [9], y: [9] }, (inputs) => {
        const error = sub(tensor(inputs, 'x'), tensor(inputs, 'y'));
        return { loss: sum(mul(error, error)) };
      }),
    );
    expect(names(after)).toEqual(['fused']);
  });

  test('shapes that are known only in a run, and single operators, are left to the engine', async () => {
    const dynamic = await expectSame(
      programOn({ x: ['batch', 4] }, (inputs) => ({ y: mul(exp(tensor(inputs, 'x')), 2) })),
      { batch: 3 },
    );
    expect(names(dynamic)).toEqual(['exp', 'mul']);
    const single = await expectSame(programOn({ x: [3, 4] }, (inputs) => ({ y: relu(tensor(inputs, 'x')) })));
    expect(names(single)).toEqual(['relu']);
  });

  test('long chains, of element-wise operators and of products between them', async () => {
    const after = await expectSame(
      programOn({ x: [2, 2], w: [2, 2] }, (inputs) => {
        const [x, w] = [tensor(inputs, 'x'), tensor(inputs, 'w')];
        let [y, z] = [x, x];
        for (let i = 0; i < 10_000; i++) y = i % 2 === 0 ? mul(y, 1.001) : div(y, 1.001);
        for (let i = 0; i < 4000; i++) z = matmul(mul(sub(z, 1), 1e-3), w);
        return { y, z };
      }),
    );
    // The first of the second chain reads the same matrix as the first chain.
    expect(fusedNodes(after)).toHaveLength(4000);
  });

  test('a program that only passes its input on stays as it is', async () => {
    await expectSame(programOn({ x: [3] }, (inputs) => ({ y: tensor(inputs, 'x') })));
  });
});
