import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  add,
  fuse,
  grad,
  kthSmallest,
  layerNorm,
  linear,
  matmul,
  max,
  mul,
  optimize,
  program,
  referenceRuntime,
  serialize,
  softplus,
  square,
  sub,
  sum,
  swish,
} from '@meow-rl/graph';
import type { Program, Tensor } from '@meow-rl/graph';
import { Tensor as OrtTensor } from 'onnxruntime-common';
import { describe, expect, test } from 'vitest';

import { cotangentsOf, gradientOf, inputsOf, programOf } from '../../graph/src/testing/case.ts';
import { describeSharedState } from '../../graph/src/testing/describe-shared-state.ts';
import { expectClose } from '../../graph/src/testing/expect-close.ts';
import { operatorCases } from '../../graph/src/testing/operator-cases.ts';
import { numbersBetween } from '../../graph/src/testing/random.ts';
import { onnxRuntimeFused } from './index.ts';
import { createSession } from './session.ts';
import { isLeftOut } from './testing/availability.ts';

/** A layer as couplings have it, and its gradients. */
const layer = (rows: number, units: number): Program =>
  program(
    {
      inputs: {
        x: { shape: [rows, 5] },
        w: { shape: [units, 5] },
        b: { shape: [units] },
        scale: { shape: [units] },
        shift: { shape: [units] },
        slope: { shape: [units] },
        mask: { shape: [rows, units] },
      },
      state: {},
    },
    ({ x, w, b, scale, shift, slope, mask }) => {
      const y = swish(layerNorm(linear(x, w, b), scale, shift), slope, mask);
      const wrt: readonly Tensor[] = [x, w, b, scale, shift, slope];
      const gradients = grad(sum(mul(y, add(y, 1))), wrt);
      return { outputs: { y, ...Object.fromEntries(gradients.map((gradient, i) => [`d${i}`, gradient])) } };
    },
  );

describe.skipIf(isLeftOut)('onnxruntime-fused', () => {
  describeSharedState(onnxRuntimeFused());

  test('softplus keeps its digits where rounding 1 + exp(x) would lose them, and does not overflow', async () => {
    const values = [-85, -40, -20, -17, -10, -1, -1e-4, 0, 1e-4, 1, 17, 40, 88, 1e4];
    const executable = await onnxRuntimeFused().load(
      program({ inputs: { x: { shape: [1, values.length] } }, state: {} }, ({ x }) => ({
        outputs: { y: softplus(x) },
      })),
    );
    const { y } = await executable.run({ x: values });
    const relative = values.map((x, i) => {
      const expected = Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
      return Math.abs(Number(y?.[i]) / expected - 1);
    });
    expect(Math.max(...relative)).toBeLessThan(4e-7);
    await executable.dispose();
  });

  describe('every operator, and its gradient, agrees with the reference', () => {
    for (const [name, cases] of Object.entries(operatorCases))
      test(name, async () => {
        const runtime = onnxRuntimeFused();
        for (const operatorCase of cases)
          for (const one of [
            operatorCase,
            ...(operatorCase.derivatives
              ? [gradientOf(operatorCase, cotangentsOf(operatorCase, 'random'))]
              : []),
          ]) {
            const plain = await referenceRuntime.load(programOf(one));
            const fused = await runtime.load(programOf(one));
            const expected = Object.values(await plain.run(inputsOf(one)));
            const got = Object.values(await fused.run(inputsOf(one)));
            expected.forEach((values, i) => expectClose(got[i] ?? [], values, 2e-4, one.name));
            await fused.dispose();
          }
      });
  });

  test.each([
    { threads: 1, expected: ['Product'] },
    // With more than one it leaves a transposed matrix of a wide product transposed.
    { threads: 2, expected: ['Transpose', 'Gemm'] },
  ])('multiplies on $threads threads by $expected, as its profile shows', async ({ threads, expected }) => {
    const folder = mkdtempSync(join(tmpdir(), 'meow-profile-'));
    try {
      const product = program(
        { inputs: { x: { shape: [3, 129] }, y: { shape: [3, 130] } }, state: {} },
        ({ x, y }) => ({
          outputs: { z: matmul(x, y, { transposeA: true }) },
        }),
      );
      const fused = await onnxRuntimeFused({ threads, profilePrefix: join(folder, 'profile') }).load(product);
      const inputs = { x: numbersBetween(1, 387, -1, 1), y: numbersBetween(2, 390, -1, 1) };
      const { z } = await fused.run(inputs);
      expectClose(z, (await (await referenceRuntime.load(product)).run(inputs)).z, 1e-6);
      await fused.dispose();
      const [name = ''] = readdirSync(folder);
      const operators = [...readFileSync(join(folder, name), 'utf8').matchAll(/"op_name" ?: ?"(\w+)"/gu)].map(
        ([, operator]) => operator,
      );
      expect(new Set(operators)).toEqual(new Set(expected));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    [1, 2],
    [7, 5],
    [256, 6],
    [30, 64],
    [513, 64],
    [9, 100],
    [256, 256],
    [3, 2000],
  ])('a layer of %i rows and %i units and its gradients', async (rows, units) => {
    const layerProgram = layer(rows, units);
    const inputs = Object.fromEntries(
      Object.entries(layerProgram.inputs).map(([name, { shape }], i) => [
        name,
        numbersBetween(
          i + 1,
          shape.reduce<number>((size, dim) => size * Number(dim), 1),
          -2,
          2,
        ),
      ]),
    );
    const expected = await (await referenceRuntime.load(layerProgram)).run(inputs);
    const executable = await onnxRuntimeFused().load(layerProgram);
    const got = await executable.run(inputs);
    for (const [name, values] of Object.entries(expected)) {
      // Gradients of parameters are sums over all rows.
      const size = Math.max(1, ...Array.from(values, Math.abs));
      expectClose(
        Array.from(got[name] ?? [], (value) => value / size),
        Array.from(values, (value) => value / size),
        2e-5,
        name,
      );
    }
    // A run writes over the results of the one before.
    const first = Object.entries(got).map(([name, values]) => [name, Float32Array.from(values)] as const);
    const again = await executable.run(inputs);
    expect(first).toHaveLength(Object.keys(expected).length);
    for (const [name, values] of first) expect(again[name]).toEqual(values);
    await executable.dispose();
  });

  // A sum is rounded once where it and its product are one instruction, twice where others read the product: forward or backward.
  const chosen: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    'the largest': (x) => max(x, { axes: [1], keepDims: true }),
    'the third smallest': (x) => kthSmallest(x, { k: 3, axis: 1, keepDims: true }),
  };
  const sums: Readonly<Record<string, (product: Tensor, x: Tensor, y: Tensor) => Tensor>> = {
    'which alone read their products': (product, _, y) => square(sub(product, y)),
    'beside others that read their products': (product, x, y) => mul(sub(x, y), matmul(product, product)),
  };
  const pairs = Object.keys(chosen).flatMap((which) => Object.keys(sums).map((of) => [which, of] as const));
  test.each(pairs)('the gradient of %s of sums %s is that of the reference', async (which, of) => {
    const side = 24;
    const given = program(
      { inputs: { a: { shape: [side, side] }, w: { shape: [side] }, b: { shape: [side] } }, state: {} },
      ({ a, w, b }) => {
        const product = mul(a, w);
        const x = add(product, b);
        const y = chosen[which]?.(x) ?? x;
        const [gradient = w] = grad(sum(sums[of]?.(product, x, y) ?? x), [w]);
        return { outputs: { gradient } };
      },
    );
    const inputs = {
      a: numbersBetween(1, side * side, -2, 2),
      w: numbersBetween(2, side, -2, 2),
      b: numbersBetween(3, side, -2, 2),
    };
    const { gradient: expected } = await (await referenceRuntime.load(given)).run(inputs);
    const executable = await onnxRuntimeFused().load(given);
    const { gradient } = await executable.run(inputs);
    const size = Math.max(...Array.from(expected, Math.abs));
    const scaled = (values: ArrayLike<number>) => Array.from(values, (value) => value / size);
    expectClose(scaled(gradient), scaled(expected), 1e-5);
    await executable.dispose();
  });

  test('what is not a number stays so, and infinities too', async () => {
    const affine = program({ inputs: { x: { shape: [2, 3] } }, state: {} }, ({ x }) => ({
      outputs: { y: mul(add(x, 1), 2) },
    }));
    const executable = await onnxRuntimeFused().load(affine);
    const { y } = await executable.run({ x: [Number.NaN, Infinity, -Infinity, 0, 1, 2] });
    expect(Array.from(y)).toEqual([Number.NaN, Infinity, -Infinity, 2, 4, 6]);
    await executable.dispose();
  });

  test('results are written where they are asked for, also into shared memory', async () => {
    const affine = program({ inputs: { x: { shape: [2, 2] } }, state: {} }, ({ x }) => ({
      outputs: { y: mul(add(x, 1), 2) },
    }));
    const session = createSession(serialize(fuse(optimize(affine))), 1);
    const [x, y] = [new Float32Array(new SharedArrayBuffer(16)), new Float32Array(new SharedArrayBuffer(16))];
    x.set([1, 2, 3, 4]);
    const results = await session.run(
      { x: new OrtTensor('float32', x, [2, 2]) },
      { y: new OrtTensor('float32', y, [2, 2]) },
    );
    expect(results['y']?.data).toBe(y);
    expect(Array.from(y)).toEqual([4, 6, 8, 10]);
    await session.release();
    await session.release();
    await expect(session.run({ x: new OrtTensor('float32', x, [2, 2]) }, { y: null })).rejects.toThrow(
      'the session was released',
    );
  });

  test('says what is wrong with a model, an input and an option', async () => {
    expect(() => createSession(Uint8Array.of(1, 2, 3), 1)).toThrow(/protobuf|Protobuf/);
    const affine = program({ inputs: { x: { shape: [2, 2] } }, state: {} }, ({ x }) => ({
      outputs: { y: mul(add(x, 1), 2) },
    }));
    const session = createSession(serialize(fuse(optimize(affine))), 1);
    await expect(session.run({}, { y: null })).rejects.toThrow('input x is missing');
    await expect(
      session.run({ x: new OrtTensor('float32', new Float32Array(6), [3, 2]) }, { y: null }),
    ).rejects.toThrow(/dimension|shape/i);
    await session.release();
    expect(() => onnxRuntimeFused({ threads: 0 })).toThrow('threads must be a whole number >= 1, got 0');
  });
});
