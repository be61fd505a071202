import { add, div, mul, program, sqrt, sub } from '@meow-rl/graph';
import type { Program, Tensor } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { describe, expect, test } from 'vitest';

import { planOf, series, training } from '../../graph/src/testing/training.ts';
import { expectClose } from '../../graph/src/testing/expect-close.ts';
import { asAdam, compileAdam } from './adam-step.ts';
import { addon } from './binary.ts';
import { onnxRuntimeFused } from './index.ts';
import { isLeftOut, testedSets } from './testing/availability.ts';

interface AdamLike {
  /** What is done instead of what Adam does. */
  readonly squared?: (g: Tensor) => Tensor;
  readonly averaged?: (target: Tensor, next: Tensor) => Tensor;
  readonly denominator?: (v: Tensor) => Tensor;
  readonly also?: (next: Tensor) => Tensor;
}

const LENGTH = 4;

/** A step that is Adam's but for what is given. */
function adamLike({
  squared = (g) => mul(g, g),
  averaged = (target, next) => add(target, mul(0.1, sub(next, target))),
  denominator = (v) => add(sqrt(v), 1e-8),
  also,
}: AdamLike): Program {
  const vector = { shape: [LENGTH], initial: series(LENGTH, 1) };
  const other: Readonly<Record<string, typeof vector>> = also ? { other: vector } : {};
  return program(
    {
      inputs: { g: { shape: [LENGTH] } },
      state: { p: vector, t: vector, m: vector, v: vector, ...other },
    },
    ({ g }, { p, t, m, v }) => {
      const [mean, square] = [add(mul(0.9, m), mul(0.1, g)), add(mul(0.99, v), mul(0.01, squared(g)))];
      const next = sub(p, div(mul(0.001, mean), denominator(square)));
      return {
        outputs: {},
        next: { p: next, t: averaged(t, next), m: mean, v: square, ...(also && { other: also(next) }) },
      };
    },
  );
}

const isAdam = (given: Program) => planOf(given).steps.map((step) => asAdam(step) !== undefined);

describe('a step', () => {
  test('is Adam’s, with clipping and averaging', () => {
    expect(isAdam(training(8))).toEqual([true]);
    expect(isAdam(adamLike({}))).toEqual([true]);
  });

  test.each<readonly [string, AdamLike]>([
    ['another square', { squared: (g) => mul(g, add(g, 1)) }],
    ['an average that goes elsewhere', { averaged: (t, next) => add(next, mul(0.1, sub(next, t))) }],
    ['an average of something else', { averaged: (t, next) => add(t, mul(0.1, sub(mul(2, next), t))) }],
    ['no root', { denominator: (v) => add(v, 1e-8) }],
    ['a vector more', { also: (next) => mul(2, next) }],
  ])('with %s is another one', (_, given) => {
    expect(isAdam(adamLike(given))).toEqual([false]);
  });

  test('without moments is another one', () => {
    const descent = program(
      { inputs: { g: { shape: [4] } }, state: { p: { shape: [4], initial: series(4, 1) } } },
      ({ g }, { p }) => ({ outputs: {}, next: { p: sub(p, mul(0.1, g)) } }),
    );
    expect(isAdam(descent)).toEqual([false]);
  });
});

describe.skipIf(isLeftOut)('Adam’s step in the addon', () => {
  test.each([2, 3, 15, 16, 17, 255, 256, 257, 1000])(
    'gives %i parameters the bits that it has in WebAssembly',
    async (length) => {
      const inWasm = await onnxRuntimeNode().load(training(length));
      const runs: unknown[] = [];
      const read = (state: typeof inWasm.state) =>
        Object.fromEntries(
          (['parameters', 'target', 'adam/m', 'adam/v'] as const).map((name) => [name, state.read(name)]),
        );
      const norms: { norm: number; length: number }[] = [];
      for (let i = 0; i < 5; i++) {
        const results = await inWasm.run({ gradient: series(length, i) });
        norms.push({ norm: results.norm[0] ?? 0, length: results.length[0] ?? 0 });
        runs.push(read(inWasm.state));
      }
      await inWasm.dispose();
      for (const instructionSet of testedSets) {
        const native = await onnxRuntimeFused({ instructionSet }).load(training(length));
        for (let i = 0; i < 5; i++) {
          const results = await native.run({ gradient: series(length, i) });
          expectClose(results.norm, [norms[i]?.norm ?? 0], 1e-6);
          expectClose(results.length, [norms[i]?.length ?? 0], 1e-6);
          expect(read(native.state), instructionSet).toEqual(runs[i]);
        }
        await native.dispose();
      }
    },
  );

  test('is what such a plan is compiled to', () => {
    const [plan] = planOf(training(8)).steps;
    const vectors = (plan?.vectors ?? []).map((_, i) => series(8, i));
    const before = vectors.map((vector) => vector.slice());
    const { measure, pass } = (plan && compileAdam('')(plan, vectors)) ?? {};
    const [squares = 0] = measure?.() ?? [];
    const [measured = 0] = plan?.firstNorms.map(({ vector }) => vector) ?? [];
    expectClose(
      [squares],
      [(before[measured] ?? new Float32Array()).reduce((sum, x) => sum + x * x, 0)],
      1e-6,
    );
    expect(pass?.((plan?.parameters ?? []).map(() => 0.5))).toHaveLength(1);
    // All but the gradient.
    expect(vectors.filter((vector, i) => vector.join() !== before[i]?.join())).toHaveLength(4);
  });

  test('refuses vectors of other lengths and types', () => {
    const native = addon();
    const [long, short] = [new Float32Array(8), new Float32Array(7)];
    const numbers = new Float32Array(9);
    const message = 'expected a Float32Array, as long as those before it.';
    expect(() => native.takeAdam(long, long, long, short, null, numbers, '')).toThrow(message);
    expect(() => native.takeAdam(long, long, long, long, short, numbers, '')).toThrow(message);
    expect(() => native.takeAdam(long, long, long, long, null, short, '')).toThrow(message);
    expect(() => Reflect.apply(native.takeAdam, native, [long, long, long, [], null, numbers, ''])).toThrow();
    expect(() =>
      Reflect.apply(native.takeAdam, native, [long, long, long, long, null, numbers, 'sse9']),
    ).toThrow('there is no such instruction set');
    expect(() => Reflect.apply(native.sumOfSquares, native, [new Float64Array(3), ''])).toThrow(message);
    expect(native.sumOfSquares(Float32Array.of(3, 4), '')).toBe(25);
  });
});
