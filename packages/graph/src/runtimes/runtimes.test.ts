import { describe, expect, it } from 'vitest';

import { DataError } from '../errors.ts';
import { onnxRuntimeNode } from '../onnxruntime-node.ts';
import { onnxRuntimeWeb } from '../onnxruntime-web.ts';
import { add, exp, greater, mean, mul, sum, toFloat, window } from '../ops/index.ts';
import { program } from '../program.ts';
import { constant } from '../tensor.ts';
import { expectClose } from '../testing/expect-close.ts';
import { testedTfjsRuntimes } from '../testing/tested-tfjs-runtimes.ts';
import { referenceRuntime } from './reference.ts';

/** w ← w + mean(x), v ← v + w: each state's next value reads what the other was before. */
const learner = program(
  {
    inputs: { x: { shape: ['batch', 2] } },
    state: { w: { shape: [2], initial: [1, 2] }, v: { shape: [], initial: [0] } },
  },
  ({ x }, { w, v }) => ({
    outputs: { y: mul(x, w), total: sum(x) },
    next: { w: add(w, mean(x, { axes: [0] })), v: add(v, sum(w)) },
  }),
);

const actor = program(
  { inputs: { s: { shape: ['batch', 2] } }, state: { w: { shape: [2], initial: [-9, -9] } } },
  ({ s }, { w }) => ({ outputs: { action: mul(s, w) } }),
);

describe.each([
  ['reference', referenceRuntime, Float64Array],
  ['onnxruntime-node', onnxRuntimeNode(), Float32Array],
  ['onnxruntime-web', onnxRuntimeWeb(), Float32Array],
  ...testedTfjsRuntimes.map((runtime) => [runtime.name, runtime, Float32Array] as const),
] as const)('runtime %s', (name, runtime, FloatArray) => {
  it('has its name', () => expect(runtime.name).toBe(name));

  it('carries the state from run to run', async () => {
    const executable = await runtime.load(learner);
    const first = await executable.run({ x: [1, 2, 3, 4] });
    expect(first.y).toBeInstanceOf(FloatArray);
    expectClose(first.y, [1, 4, 3, 8], 1e-6);
    expectClose(first.total, [10], 1e-6);
    expectClose(executable.state.read('w'), [3, 5], 1e-6);
    expectClose(executable.state.read('v'), [3], 1e-6);
    const second = await executable.run({ x: [1, 1, 1, 1] });
    expectClose(second.y, [3, 5, 3, 5], 1e-6);
    expectClose(executable.state.read('w'), [4, 6], 1e-6);
    expectClose(executable.state.read('v'), [11], 1e-6);
    await executable.dispose();
  });

  it('agrees with plain arithmetic after many runs', async () => {
    const executable = await runtime.load(learner);
    const [w, v] = [[1, 2], [0]];
    for (let run = 0; run < 7; run++) {
      const { y } = await executable.run({ x: [run, -run, 2, 0.5] });
      expectClose(y, [run * (w[0] ?? 0), -run * (w[1] ?? 0), 2 * (w[0] ?? 0), 0.5 * (w[1] ?? 0)], 1e-6);
      v[0] = (v[0] ?? 0) + (w[0] ?? 0) + (w[1] ?? 0);
      w[0] = (w[0] ?? 0) + (run + 2) / 2;
      w[1] = (w[1] ?? 0) + (0.5 - run) / 2;
      expectClose(executable.state.read('w'), w, 1e-6, `w after run ${run}`);
      expectClose(executable.state.read('v'), v, 1e-6, `v after run ${run}`);
    }
    await executable.dispose();
  });

  it('takes another batch in each run', async () => {
    const executable = await runtime.load(actor);
    executable.state.write('w', [2, 3]);
    expectClose((await executable.run({ s: [1, 1] })).action, [2, 3], 0);
    expectClose((await executable.run({ s: [1, 1, 2, 2, 3, 3] })).action, [2, 3, 4, 6, 6, 9], 0);
    expectClose((await executable.run({ s: [5, 5] })).action, [10, 15], 0);
    expectClose((await executable.run({ s: [1, 0, 0, 1, 2, 2] })).action, [2, 0, 0, 3, 4, 6], 0);
    await executable.dispose();
  });

  it('shows shared states to the other executable after each update', async () => {
    const learning = await runtime.load(learner);
    const acting = await runtime.load(actor, { state: learning.state });
    expectClose((await acting.run({ s: [1, 1] })).action, [1, 2], 0);
    for (const expected of [
      [2, 3],
      [3, 4],
      [4, 5],
    ]) {
      await learning.run({ x: [1, 1] });
      expectClose((await acting.run({ s: [1, 1] })).action, expected, 0);
      expectClose(acting.state.read('w'), expected, 0);
    }
    acting.state.write('w', [7, 8]);
    expectClose(learning.state.read('w'), [7, 8], 0);
    await learning.run({ x: [1, 1] });
    expectClose((await acting.run({ s: [1, 1] })).action, [8, 9], 0);
    await learning.dispose();
    expectClose((await acting.run({ s: [1, 1] })).action, [8, 9], 0, 'after the other is disposed of');
    await acting.dispose();
  });

  it('lets two executables update one state', async () => {
    const one = await runtime.load(learner);
    const two = await runtime.load(learner, { state: one.state });
    for (const executable of [one, two, two, one]) await executable.run({ x: [1, 2] });
    expectClose(one.state.read('w'), [5, 10], 0);
    expectClose(two.state.read('v'), [3 + 6 + 9 + 12], 0);
    await Promise.all([one.dispose(), two.dispose()]);
  });

  it('keeps the states of unrelated executables apart', async () => {
    const [one, two] = await Promise.all([runtime.load(learner), runtime.load(learner)]);
    await one.run({ x: [1, 1] });
    expectClose(two.state.read('w'), [1, 2], 0);
    await Promise.all([one.dispose(), two.dispose()]);
  });

  it('swaps states that become each other', async () => {
    const state = { a: { shape: [1], initial: [1] }, b: { shape: [1], initial: [2] } };
    const swap = program({ inputs: {}, state }, (_, { a, b }) => ({
      outputs: {},
      next: { a: b, b: a },
    }));
    const executable = await runtime.load(swap);
    for (let run = 0; run < 3; run++) await executable.run({});
    expectClose([...executable.state.read('a'), ...executable.state.read('b')], [2, 1], 0);
    await executable.dispose();
  });

  it('gives copies of states, and outputs that are not the state', async () => {
    const state = { w: { shape: [2], initial: [1, 2] } };
    const built = program({ inputs: {}, state }, (_, { w }) => {
      const next = add(w, 1);
      return { outputs: { y: next }, next: { w: next } };
    });
    const executable = await runtime.load(built);
    const outputs = await executable.run({});
    executable.state.read('w').fill(99);
    outputs.y.fill(99);
    expectClose(executable.state.read('w'), [2, 3], 0);
    await executable.dispose();
  });

  it('does not write to what it is given', async () => {
    const initial = new Float32Array([1, 2]);
    const built = program(
      { inputs: { x: { shape: [2] } }, state: { w: { shape: [2], initial } } },
      ({ x }, { w }) => ({
        outputs: {},
        next: { w: add(w, x) },
      }),
    );
    const executable = await runtime.load(built);
    const x = new Float32Array([1, 1]);
    const value = new Float32Array([5, 6]);
    await executable.run({ x });
    executable.state.write('w', value);
    await executable.run({ x });
    await executable.run({ x });
    expectClose(executable.state.read('w'), [7, 8], 0);
    expect([...initial, ...x, ...value]).toEqual([1, 2, 1, 1, 5, 6]);
    await executable.dispose();
  });

  it('reads every kind of input data', async () => {
    const built = program(
      {
        inputs: {
          x: { shape: ['n'] },
          at: { shape: [1], dtype: 'int64' },
          flag: { shape: ['n'], dtype: 'bool' },
          unused: { shape: ['m'] },
        },
        state: {},
      },
      ({ x, at, flag }) => ({
        outputs: {
          y: mul(x, toFloat(flag)),
          part: window(constant([10, 20, 30]), at, 2),
          large: greater(x, 2),
          position: at,
        },
      }),
    );
    const executable = await runtime.load(built);
    const wide = new Float32Array([9, 9, 1, 2, 3, 9]);
    for (const x of [
      [1, 2, 3],
      new Float64Array([1, 2, 3]),
      new Int32Array([1, 2, 3]),
      wide.subarray(2, 5),
    ]) {
      const outputs = await executable.run({ x, at: [1], flag: [1, 0, 1], unused: [0] });
      expectClose(outputs.y, [1, 0, 3], 0);
      expectClose(outputs.part, [20, 30], 0);
      expectClose(outputs.large, [0, 0, 1], 0);
      expectClose(outputs.position, [1], 0);
    }
    await executable.dispose();
  });

  it('runs a program without inputs or state', async () => {
    const executable = await runtime.load(
      program({ inputs: {}, state: {} }, () => ({ outputs: { y: exp(constant([0, 1])) } })),
    );
    expectClose((await executable.run({})).y, [1, Math.E], 1e-6);
    await executable.dispose();
  });

  it('leaves the state as it was if inputs do not fit', async () => {
    const executable = await runtime.load(learner);
    await executable.run({ x: [1, 1] });
    await expect(executable.run({ x: [] })).rejects.toThrow(
      new DataError('run: input x has 0 elements, which does not fit [batch, 2].'),
    );
    await expect(executable.run({ x: [1, 2, 3] })).rejects.toThrow(DataError);
    expectClose(executable.state.read('w'), [2, 3], 0);
    await executable.run({ x: [1, 1] });
    expectClose(executable.state.read('w'), [3, 4], 0);
    await executable.dispose();
  });

  it('leaves the state as it was if the engine fails', async () => {
    const built = program(
      { inputs: { at: { shape: [1], dtype: 'int64' } }, state: { w: { shape: [2], initial: [1, 2] } } },
      ({ at }, { w }) => ({ outputs: {}, next: { w: mul(add(w, 1), window(constant([1, 2, 3]), at, 2)) } }),
    );
    const executable = await runtime.load(built);
    await expect(executable.run({ at: [7] })).rejects.toThrow();
    expectClose(executable.state.read('w'), [1, 2], 0);
    await executable.run({ at: [1] });
    expectClose(executable.state.read('w'), [4, 9], 0);
    await executable.dispose();
  });

  it('does not let a window that reaches past the end become a state', async () => {
    const built = program(
      { inputs: { at: { shape: [1], dtype: 'int64' } }, state: { w: { shape: [2], initial: [1, 2] } } },
      ({ at }) => ({ outputs: {}, next: { w: window(constant([1, 2, 3]), at, 2) } }),
    );
    const executable = await runtime.load(built);
    await expect(executable.run({ at: [2] })).rejects.toThrow();
    expectClose(executable.state.read('w'), [1, 2], 0);
    await executable.run({ at: [1] });
    expectClose(executable.state.read('w'), [2, 3], 0);
    await executable.dispose();
  });

  it('checks what is written to a state', async () => {
    const executable = await runtime.load(learner);
    expect(() => executable.state.write('w', [1])).toThrow(
      new DataError('write: w is [2] with 2 elements, got 1.'),
    );
    expectClose(executable.state.read('w'), [1, 2], 0);
    await executable.dispose();
  });

  it('refuses to share states of unequal shape', async () => {
    const other = program({ inputs: {}, state: { w: { shape: [2, 1], initial: [0, 0] } } }, (_, { w }) => ({
      outputs: { w },
    }));
    const learning = await runtime.load(learner);
    await expect(runtime.load(other, { state: learning.state })).rejects.toThrow(
      new DataError('load: state w is [2] in the store, [2, 1] in the program. Rename one of them.'),
    );
    await learning.dispose();
  });

  it('refuses runs once disposed of', async () => {
    const executable = await runtime.load(learner);
    await executable.dispose();
    await executable.dispose();
    const gone = new DataError('the executable was disposed of.');
    await expect(executable.run({ x: [1, 1] })).rejects.toThrow(gone);
    // Its store is still there.
    expectClose(executable.state.read('w'), [1, 2], 0);
  });
});
