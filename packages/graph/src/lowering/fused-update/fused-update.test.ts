import * as ort from 'onnxruntime-node';
import { afterEach, describe, expect, it } from 'vitest';

import { onnxRuntimeNode } from '../../onnxruntime-node.ts';
import { add, div, maximum, minimum, mul, neg, sqrt, square, sub, sum, window } from '../../ops/index.ts';
import { globalNorm } from '../../optim/clip-by-global-norm.ts';
import { program } from '../../program.ts';
import type { Program } from '../../program.ts';
import type { Executable } from '../../runtime.ts';
import { onnxRuntime } from '../../runtimes/onnxruntime.ts';
import type { StateStore } from '../../state-store.ts';
import { referenceRuntime } from '../../runtimes/reference.ts';
import { constant } from '../../tensor.ts';
import { expectClose } from '../../testing/expect-close.ts';
import { planOf, series, training } from '../../testing/training.ts';

const runtime = onnxRuntimeNode();
const open: Executable[] = [];
afterEach(async () => {
  for (const executable of open.splice(0)) await executable.dispose();
});

async function load<I extends string, S extends string, O extends string>(
  built: Program<I, S, O>,
  state?: StateStore,
) {
  const executable = await runtime.load(built, state ? { state } : {});
  open.push(executable);
  return executable;
}

describe('a program with a step', () => {
  // Whole groups of four lanes, and what is left of one.
  it.each([2, 3, 4, 5, 8, 11, 1000])('trains %d parameters like the reference', async (length) => {
    const [engine, exact] = [await load(training(length)), await referenceRuntime.load(training(length))];
    for (let i = 0; i < 5; i++) {
      const gradient = series(length, i);
      const [actual, expected] = [await engine.run({ gradient }), await exact.run({ gradient })];
      expectClose(actual.norm, expected.norm, 1e-6);
      expectClose(actual.length, expected.length, 1e-6);
    }
    for (const name of ['parameters', 'target', 'adam/m', 'adam/v', 'adam/biasCorrection1'] as const)
      expectClose(engine.state.read(name), exact.state.read(name), 2e-6, name);
  });

  it('rounds each operation as float32 does', async () => {
    const built = program(
      {
        inputs: { x: { shape: [7] }, s: { shape: [] } },
        state: { w: { shape: [7], initial: series(7, 3) } },
      },
      ({ x, s }, { w }) => ({
        outputs: {},
        next: { w: neg(div(sub(mul(w, s), mul(0.1, x)), sqrt(add(mul(x, x), 1e-3)))) },
      }),
    );
    expect(planOf(built).steps[0]?.operations).toHaveLength(8);
    const engine = await load(built);
    const x = series(7, 9);
    await engine.run({ x, s: [0.7] });
    const f = Math.fround;
    const expected = series(7, 3).map((w, i) => {
      const xi = x[i] ?? 0;
      const top = f(f(w * f(0.7)) - f(f(0.1) * xi));
      return -f(top / f(Math.sqrt(f(f(xi * xi) + f(1e-3)))));
    });
    expect(engine.state.read('w')).toEqual(expected);
  });

  it('computes the numbers that it needs, rounded as float32 does', async () => {
    const state = {
      w: { shape: [5], initial: series(5, 1) },
      a: { shape: [], initial: [0.7] },
      b: { shape: [], initial: [-0.2] },
    };
    const built = program({ inputs: { s: { shape: [] } }, state }, ({ s }, { w, a, b }) => {
      const bounded = minimum(maximum(div(a, add(b, 0.1)), neg(sub(a, s))), sqrt(mul(a, a)));
      return { outputs: {}, next: { w: mul(w, bounded), a: sub(a, 0.3), b: bounded } };
    });
    const { unstepped, steps } = planOf(built);
    expect(unstepped).toEqual({ inputs: {}, state: {}, outputs: {} });
    expect(steps[0]?.scalarOperations).toHaveLength(9);
    const engine = await load(built);
    const f = Math.fround;
    let [a, b, w] = [f(0.7), f(-0.2), series(5, 1)];
    for (const s of [0.5, -3, 0.1]) {
      await engine.run({ s: [s] });
      const quotient = f(a / f(b + f(0.1)));
      const bounded = Math.min(Math.max(quotient, -f(a - f(s))), f(Math.sqrt(f(a * a))));
      w = w.map((x) => f(x * bounded));
      [a, b] = [f(a - f(0.3)), bounded];
      expect([engine.state.read('a')[0], engine.state.read('b')[0]]).toEqual([a, b]);
      expect(engine.state.read('w')).toEqual(w);
    }
    await engine.run({ s: [Number.NaN] });
    expect(engine.state.read('b')[0]).toBeNaN();
  });

  it('takes the norm of what it steps by first, whoever reads it', async () => {
    const state = { w: { shape: [6], initial: series(6, 1) } };
    const built = program({ inputs: { x: { shape: [6] } }, state }, ({ x }, { w }) => {
      const norm = globalNorm(x);
      return { outputs: { norm, again: norm }, next: { w: sub(w, mul(x, div(1, norm))) } };
    });
    expect(planOf(built)).toMatchObject({
      unstepped: { outputs: {} },
      steps: [{ firstNorms: [{ outputs: ['norm', 'again'] }] }],
    });
    const [engine, exact] = [await load(built), await referenceRuntime.load(built)];
    for (let i = 0; i < 3; i++) {
      const x = series(6, i);
      const [actual, expected] = [await engine.run({ x }), await exact.run({ x })];
      expectClose(actual.norm, expected.norm, 1e-6);
      expect(actual.again).toEqual(actual.norm);
      expectClose(engine.state.read('w'), exact.state.read('w'), 1e-6);
    }
  });

  it('lets states take each other’s place', async () => {
    const state = { a: { shape: [6], initial: series(6, 1) }, b: { shape: [6], initial: series(6, 2) } };
    const engine = await load(
      program({ inputs: {}, state }, (_, { a, b }) => ({
        outputs: { sum: add(a, b) },
        next: { a: neg(b), b: neg(a) },
      })),
    );
    const { sum: before } = await engine.run({});
    expectClose(
      before,
      series(6, 1).map((a, i) => a + (series(6, 2)[i] ?? 0)),
      1e-6,
    );
    expect(engine.state.read('a')).toEqual(series(6, 2).map((x) => -x));
    expect(engine.state.read('b')).toEqual(series(6, 1).map((x) => -x));
  });

  it('reads constants, and states that only the engine replaces', async () => {
    const state = { w: { shape: [3], initial: [1, 2, 3] }, v: { shape: [3], initial: [4, 5, 6] } };
    const built = program({ inputs: {}, state }, (_, { w, v }) => {
      const next = minimum(v, square(sub(v, 1)));
      return { outputs: { next }, next: { v: next, w: add(mul(w, constant([1, 2, 3])), v) } };
    });
    const [engine, exact] = [await load(built), await referenceRuntime.load(built)];
    expect(planOf(built).steps[0]?.writes).toMatchObject([{ state: 'w' }]);
    for (let i = 0; i < 3; i++) for (const executable of [engine, exact]) await executable.run({});
    for (const name of ['w', 'v'] as const)
      expectClose(engine.state.read(name), exact.state.read(name), 1e-6);
  });

  it('shares its states with executables that have steps of their own', async () => {
    const w = { shape: [9], initial: series(9, 1) };
    const twice = await load(
      program({ inputs: {}, state: { w } }, (_, built) => ({ outputs: {}, next: { w: mul(built.w, 2) } })),
    );
    const minus = await load(
      program({ inputs: {}, state: { w } }, (_, built) => ({ outputs: {}, next: { w: sub(built.w, 1) } })),
      twice.state,
    );
    const total = await load(
      program({ inputs: {}, state: { w } }, (_, built) => ({ outputs: { total: sum(built.w) } })),
      twice.state,
    );
    await twice.run({});
    await minus.run({});
    await twice.run({});
    await minus.run({});
    const expected = series(9, 1).map((x) => (2 * x - 1) * 2 - 1);
    expectClose((await total.run({})).total, [expected.reduce((a, b) => a + b, 0)], 1e-5);
    for (const executable of [twice, minus, total]) expectClose(executable.state.read('w'), expected, 1e-5);
    minus.state.write('w', series(9, 5));
    expect(twice.state.read('w')).toEqual(series(9, 5));
    await twice.run({});
    expectClose(
      total.state.read('w'),
      series(9, 5).map((x) => 2 * x),
      0,
    );
  });

  it('loses no step when another run that reads its states begins meanwhile', async () => {
    const w = { shape: [6], initial: series(6, 1) };
    const state = { w, target: { shape: [6], initial: series(6, 2) } };
    const store = runtime.createState(state);
    const learner = await load(
      program({ inputs: {}, state: { w } }, (_, built) => ({
        outputs: { sum: sum(built.w) },
        next: { w: mul(built.w, 2) },
      })),
      store,
    );
    const averager = await load(
      program({ inputs: {}, state }, (_, built) => ({
        outputs: { sum: sum(built.target) },
        next: { target: add(built.target, built.w) },
      })),
      store,
    );
    const doubled = series(6, 1).map((x) => 2 * x);
    for (const runs of [
      [learner, averager],
      [averager, learner],
    ]) {
      learner.state.write('w', series(6, 1));
      averager.state.write('target', series(6, 2));
      await Promise.all(runs.map((executable) => executable.run({})));
      expect(learner.state.read('w')).toEqual(doubled);
      // Whichever was through first.
      const added = averager.state.read('target').map((x, i) => x - (series(6, 2)[i] ?? 0));
      const before = Math.abs((added[0] ?? 0) - (series(6, 1)[0] ?? 0)) < 1e-5;
      expectClose(added, before ? series(6, 1) : doubled, 1e-5);
    }
  });

  it('copies what an engine does not write where it is offered', async () => {
    const seen: unknown[] = [];
    const { InferenceSession, Tensor } = ort;
    const module = {
      Tensor,
      InferenceSession: {
        create: async (model: Uint8Array, options: object) => {
          const session = await InferenceSession.create(model, options);
          return Object.assign(Object.create(session), {
            run: (feeds: object, fetches: Readonly<Record<string, unknown>>) => {
              seen.push(...Object.values(fetches));
              return session.run(feeds as ort.InferenceSession.FeedsType);
            },
          });
        },
      },
    };
    const engine = await onnxRuntime('other', module, {}).load(training(5));
    const exact = await referenceRuntime.load(training(5));
    for (const executable of [engine, exact]) await executable.run({ gradient: series(5, 3) });
    expectClose(engine.state.read('parameters'), exact.state.read('parameters'), 2e-6);
    expect(new Set(seen)).toEqual(new Set([null]));
  });

  it('leaves its states alone when a run fails', async () => {
    const engine = await load(training(4));
    await engine.run({ gradient: series(4, 0) });
    const before = engine.state.read('parameters');
    await expect(engine.run({ gradient: series(3, 0) })).rejects.toThrow('gradient');
    expect(engine.state.read('parameters')).toEqual(before);
  });

  it('changes no state when the engine fails, be it the step’s or the engine’s own', async () => {
    const built = program(
      {
        inputs: { at: { shape: [1], dtype: 'int64' }, x: { shape: [5] } },
        state: { w: { shape: [4], initial: series(4, 1) }, count: { shape: [], initial: [0] } },
      },
      ({ at, x }, { w, count }) => {
        // Cut out of what is computed, so that only the engine can see that it reaches past the end.
        const cut = window(mul(x, x), at, 4);
        return { outputs: {}, next: { w: mul(w, cut), count: add(count, 1) } };
      },
    );
    const engine = await load(built);
    const x = [1, 2, 3, 4, 5];
    await engine.run({ at: [0], x });
    const before = [engine.state.read('w'), engine.state.read('count')];
    await expect(engine.run({ at: [3], x })).rejects.toThrow('Slice');
    expect([engine.state.read('w'), engine.state.read('count')]).toEqual(before);
    await engine.run({ at: [1], x });
    expectClose(
      engine.state.read('w'),
      series(4, 1).map((w, i) => w * (i + 1) ** 2 * (i + 2) ** 2),
      1e-4,
    );
    expect(engine.state.read('count')).toEqual(Float32Array.of(2));
  });

  it('shows NaN', async () => {
    const engine = await load(training(4));
    const { length } = await engine.run({ gradient: [1, Number.NaN, 0, 0] });
    expect(length).toEqual(Float32Array.of(Number.NaN));
    expect(engine.state.read('parameters')[0]).toBeNaN();
  });

  it('leaves a norm with other readers to the engine', async () => {
    const state = { w: { shape: [4], initial: series(4, 1) } };
    const built = program({ inputs: {}, state }, (_, { w }) => {
      const next = mul(w, 3);
      const norm = globalNorm(next);
      return { outputs: { norm, more: add(norm, 1) }, next: { w: next } };
    });
    expect(planOf(built).steps.map(({ norms }) => norms)).toEqual([]);
    const [engine, exact] = [await load(built), await referenceRuntime.load(built)];
    expectClose((await engine.run({})).more, (await exact.run({})).more, 1e-6);
    expectClose(
      engine.state.read('w'),
      series(4, 1).map((x) => 3 * x),
      1e-6,
    );
  });
});
