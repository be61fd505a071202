import { describe, expect, test } from 'vitest';

import { grad } from '../../grad.ts';
import {
  add,
  concat,
  div,
  exp,
  layerNorm,
  linear,
  matmul,
  mul,
  relu,
  reshape,
  square,
  sub,
  sum,
  swish,
} from '../../ops/index.ts';
import { optimize } from '../../rewrite/optimize.ts';
import type { Program } from '../../program.ts';
import { referenceRuntime } from '../../runtimes/reference.ts';
import { constant } from '../../tensor.ts';
import { cotangentsOf, gradientOf, inputsOf, programOf } from '../../testing/case.ts';
import { expectClose } from '../../testing/expect-close.ts';
import { codeOf, expectSame, fusedNodes, names, programOn, tensor } from '../../testing/fused-programs.ts';
import { operatorCases } from '../../testing/operator-cases.ts';
import { fuse } from './fuse.ts';

describe('every operator gives the same numbers fused', () => {
  for (const [name, cases] of Object.entries(operatorCases))
    test(name, async () => {
      for (const operatorCase of cases)
        for (const one of [
          operatorCase,
          ...(operatorCase.derivatives
            ? [gradientOf(operatorCase, cotangentsOf(operatorCase, 'random'))]
            : []),
        ]) {
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
      return {
        y,
        ...Object.fromEntries(gradients.map((operatorCase, i) => [`d${wrt[i] ?? ''}`, operatorCase])),
      };
    },
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

  test('the mask of an activation is computed where it is read, from the activation that is there anyway', async () => {
    const after = await expectSame(
      programOn({ x: [4, 4], y: [4, 4], w: [4, 4] }, (inputs) => {
        const [x, y, w] = [tensor(inputs, 'x'), tensor(inputs, 'y'), tensor(inputs, 'w')];
        const h = relu(add(x, y));
        const out = matmul(h, w);
        return { gradient: grad(sum(square(out)), [x])[0] };
      }),
    );
    const [forward, backward, ...more] = fusedNodes(after);
    expect(more).toEqual([]);
    expect(forward?.outputs).toHaveLength(1);
    expect(codeOf(backward)).toEqual(expect.arrayContaining(['isGreater', 'mul']));
    expect(backward?.inputs).toContain(forward?.outputs[0]);
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
