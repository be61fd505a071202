import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { DataError } from '../../errors.ts';
import { fuse } from '../../lowering/fusion/fuse.ts';
import {
  add,
  concat,
  erf,
  exp,
  less,
  mean,
  mul,
  reshape,
  split,
  sum,
  toFloat,
  window,
} from '../../ops/index.ts';
import { adam } from '../../optim/adam.ts';
import { applyUpdates } from '../../optim/gradient-transformation.ts';
import { program } from '../../program.ts';
import type { Runtime } from '../../runtime.ts';
import { allocateVectors } from '../../shared-vector.ts';
import { constant } from '../../tensor.ts';
import { expectClose } from '../../testing/expect-close.ts';
import { loadTfjsEngine } from '../../tfjs-engines.ts';
import { tfjsRuntime } from '../../tfjs.ts';

const optimizer = adam({ learningRate: 0.1 });
const bank = constant(Float32Array.from({ length: 100 }, (_, i) => i));

/** All that runs do: inputs, a window, parts of a state, states that are replaced, handed on and kept, outputs of each kind. */
const learner = program(
  {
    inputs: { x: { shape: ['batch', 3] }, at: { shape: [1], dtype: 'int64' } },
    state: {
      parameters: { shape: [6], initial: [1, 2, 3, 4, 5, 6] },
      last: { shape: [6], initial: [0, 0, 0, 0, 0, 0] },
      offset: { shape: [], initial: [1] },
      ...optimizer.init(6),
    },
  },
  ({ x, at }, { parameters, last, offset, ...moments }) => {
    const [weight = parameters, scale = parameters] = split(parameters, [3, 3]);
    const y = add(mul(mul(x, weight), window(bank, at, 3)), offset);
    const gradient = concat([mean(y, { axes: [0] }), scale]);
    const { updates, state } = optimizer.update(gradient, moments);
    return {
      outputs: { y, at: toFloat(at), before: parameters, x: reshape(x, ['batch', 3]), total: sum(last) },
      next: { parameters: applyUpdates(parameters, updates), last: parameters, ...state },
    };
  },
);

/** Collects garbage at once. */
function exposedGarbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}

const engine = tf.engine();
const tensors = (): number => tf.memory().numTensors;

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each([await loadTfjsEngine('tfjs-cpu'), await loadTfjsEngine('tfjs-wasm')])('$name', (runtime) => {
  const [, backend = ''] = runtime.name.split('-');

  it('keeps as many tensors from run to run, whatever runs are given, and none once disposed of but states', async () => {
    const before = tensors();
    const state = runtime.createState(learner.state);
    const states = tensors();
    expect(states - before).toBe(Object.keys(learner.state).length);
    const executable = await runtime.load(learner, { state });
    const loaded = tensors();
    for (let run = 0; run < 10; run++) {
      await executable.run({ x: Float32Array.from({ length: 3 * (1 + (run % 3)) }, (_, i) => i), at: [run] });
      state.write('offset', [run]);
      state.read('parameters');
      expect(tensors(), `after run ${run}`).toBe(loaded);
    }
    await expect(executable.run({ x: [1, 2, 3], at: [98] })).rejects.toThrow(
      'where a window of 3 entries begins',
    );
    await expect(executable.run({ x: [1, 2, 3], at: [2 ** 31] })).rejects.toThrow(DataError);
    await expect(executable.run({ x: [1, 2], at: [1] })).rejects.toThrow(DataError);
    expect(tensors(), 'after runs that failed').toBe(loaded);
    await executable.dispose();
    await executable.dispose();
    expect(tensors(), 'disposed of').toBe(states);
  });

  it('keeps as many data of the backend', async () => {
    const executable = await runtime.load(learner);
    const run = () => executable.run({ x: [1, 2, 3], at: [0] });
    await run();
    const data = tf.findBackend(backend).numDataIds();
    for (let i = 0; i < 5; i++) await run();
    expect(tf.findBackend(backend).numDataIds()).toBe(data);
    await executable.dispose();
  });

  it('leaves nothing behind if a kernel fails', async () => {
    const executable = await runtime.load(learner);
    await executable.run({ x: [1, 2, 3], at: [0] });
    const [loaded, w] = [tensors(), executable.state.read('parameters')];
    const runKernel = engine.runKernel.bind(engine);
    let calls = 0;
    vi.spyOn(engine, 'runKernel').mockImplementation((...call) => {
      calls += 1;
      if (calls === 12) throw new Error('the device is lost');
      return runKernel(...call);
    });
    await expect(executable.run({ x: [1, 2, 3], at: [0] })).rejects.toThrow('the device is lost');
    expect(tensors()).toBe(loaded);
    expectClose(executable.state.read('parameters'), w, 0);
    vi.restoreAllMocks();
    await executable.run({ x: [1, 2, 3], at: [0] });
    await executable.dispose();
  });

  it('hands over inputs and reads outputs back, and nothing else', async () => {
    const executable = await runtime.load(learner);
    await executable.run({ x: [1, 2, 3], at: [0] });
    const [made, read, readAtOnce] = [
      vi.spyOn(engine, 'makeTensor'),
      vi.spyOn(engine, 'read'),
      vi.spyOn(engine, 'readSync'),
    ];
    await executable.run({ x: [1, 2, 3], at: [0] });
    expect(made.mock.calls.map(([values]) => values)).toEqual([Float32Array.of(1, 2, 3), Int32Array.of(0)]);
    expect(read).toHaveBeenCalledTimes(Object.keys(learner.outputs).length);
    expect(readAtOnce).not.toHaveBeenCalled();
    await executable.dispose();
  });

  it('keeps no array that it is given, and gives none that it keeps', async () => {
    const swap = program(
      { inputs: { x: { shape: [2] } }, state: { w: { shape: [2], initial: [0, 0] } } },
      ({ x }, { w }) => ({ outputs: { x, w }, next: { w: x } }),
    );
    const executable = await runtime.load(swap);
    const x = Float32Array.of(1, 2);
    const first = await executable.run({ x });
    first.x.fill(9);
    x.fill(8);
    expectClose(executable.state.read('w'), [1, 2], 0);
    const second = await executable.run({ x });
    expectClose(second.w, [1, 2], 0);
    second.w.fill(7);
    executable.state.read('w').fill(6);
    expectClose(executable.state.read('w'), [8, 8], 0);
    await executable.dispose();
  });

  it('runs while the module has another backend, which stays', async () => {
    const executable = await runtime.load(learner);
    for (const other of ['cpu', 'wasm']) {
      await tf.setBackend(other);
      const { y } = await executable.run({ x: [1, 1, 1], at: [1] });
      if (other === 'cpu') expectClose(y, [2, 5, 10], 1e-5);
      expect(tf.getBackend()).toBe(other);
    }
    await executable.dispose();
  });

  it('refuses a run while another has not finished, and to be disposed of then', async () => {
    const executable = await runtime.load(learner);
    const first = executable.run({ x: [1, 1, 1], at: [1] });
    const [second, disposal] = await Promise.allSettled([
      executable.run({ x: [1, 1, 1], at: [1] }),
      executable.dispose(),
    ]);
    expect(second).toEqual({
      status: 'rejected',
      reason: new DataError('run: the previous run has not finished. Await it, or load the program twice.'),
    });
    expect(disposal).toEqual({
      status: 'rejected',
      reason: new DataError('dispose: a run has not finished. Await it first.'),
    });
    expectClose((await first).y, [2, 5, 10], 1e-5);
    await executable.dispose();
  });

  it('refuses whole numbers that it cannot hold', async () => {
    const executable = await runtime.load(learner);
    for (const at of [2 ** 31, 0.5, Number.NaN])
      await expect(executable.run({ x: [1, 1, 1], at: [at] })).rejects.toThrow(
        `run: input at has ${at}. TensorFlow.js has whole numbers from -2147483648 to 2147483647 only.`,
      );
    await executable.dispose();
  });

  it('leaves nothing behind of a program with a constant that it cannot hold', async () => {
    const before = tensors();
    const wide = program({ inputs: { at: { shape: [1], dtype: 'int64' } }, state: {} }, ({ at }) => ({
      outputs: { y: add(toFloat(at), 3), isLess: less(at, constant([2 ** 31], [1], 'int64')) },
    }));
    await expect(runtime.load(wide)).rejects.toThrow(
      'load: a constant has 2147483648. TensorFlow.js has whole numbers from -2147483648 to 2147483647 only.',
    );
    expect(tensors()).toBe(before);
  });

  it('reads states in shared memory anew in each run, without a tensor more', async () => {
    const { offset } = allocateVectors({ offset: 1 });
    const state = runtime.createState(learner.state, { shared: { offset } });
    const executable = await runtime.load(learner, { state });
    const loaded = tensors();
    for (const value of [5, 7]) {
      state.write('offset', [value]);
      expectClose((await executable.run({ x: [0, 0, 0], at: [1] })).y, [value, value, value], 0);
    }
    expect(tensors()).toBe(loaded);
    await executable.dispose();
  });

  it('disposes of the states of a store that nothing refers to any more', async () => {
    const collectGarbage = exposedGarbageCollector();
    collectGarbage();
    const before = tensors();
    for (let i = 0; i < 20; i++) runtime.createState(learner.state);
    expect(tensors()).toBe(before + 20 * Object.keys(learner.state).length);
    await vi.waitFor(() => {
      collectGarbage();
      expect(tensors()).toBeLessThanOrEqual(before);
    }, 20_000);
  });

  it('keeps the states of a program of which only its run is left', async () => {
    const collectGarbage = exposedGarbageCollector();
    const { run } = await runtime.load(learner);
    const inputs = { x: [1, 2, 3], at: [1] };
    const first = await run(inputs);
    // What is disposed of then is so in later turns.
    for (let i = 0; i < 10; i++) {
      collectGarbage();
      await setTimeout(1);
    }
    expect(first.total[0]).toBe(0);
    expectClose((await run(inputs)).total, [21], 1e-5);
  });

  it('refuses a store of another runtime', async () => {
    const other: Runtime = tfjsRuntime(tf, { backend, name: 'another' });
    await expect(runtime.load(learner, { state: other.createState(learner.state) })).rejects.toThrow(
      `load: the store was not made by this runtime, ${runtime.name}. Make it by its createState.`,
    );
  });
});

/** The name of the runtime of TensorFlow.js for Node. */
const nameOfNode = (isUsingGpuDevice: boolean) =>
  tfjsRuntime({ ...tf, findBackend: () => ({ isUsingGpuDevice }) }, { backend: 'tensorflow' }).name;

/** What is imported in place of packages. */
const core = async () => tf;
const missing = async () => {
  throw Object.assign(new Error("Cannot find package '@tensorflow/tfjs-backend-wasm'"), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
};
const broken = async () => {
  throw new Error('broken');
};
const stuck = async () => ({ ...tf, setBackend: async () => false });

describe('what is no engine', () => {
  it('is named: another module, another version, no backend, one that is not loaded', () => {
    const another: Partial<typeof tf> = {};
    expect(() => tfjsRuntime({ ...tf, ...another, version_core: '3.21.0' })).toThrow(
      new DataError(
        'tfjsRuntime: expected TensorFlow.js 4, got 3.21.0. Run npm install @tensorflow/tfjs-core@4.',
      ),
    );
    const { version_core: _, ...unversioned } = tf;
    // @ts-expect-error It has no version.
    expect(() => tfjsRuntime(unversioned)).toThrow('expected the module TensorFlow.js, got another.');
    expect(() => tfjsRuntime({ ...tf, getBackend: () => '' })).toThrow(
      'tfjsRuntime: TensorFlow.js has no backend. Import one, such as @tensorflow/tfjs-backend-wasm,',
    );
    expect(() => tfjsRuntime(tf, { backend: 'webgpu' })).toThrow(
      'tfjsRuntime: the backend webgpu of TensorFlow.js is not loaded. Import its package and await tf.setBackend("webgpu") first.',
    );
  });

  it('is called after its backend, on a GPU too', () => {
    expect([nameOfNode(false), nameOfNode(true)]).toEqual(['tfjs-node', 'tfjs-node-gpu']);
    expect(tfjsRuntime(tf, { backend: 'cpu', name: 'mine' }).name).toBe('mine');
  });

  it('lacks a kernel: loading names the operator and who has it', async () => {
    const before = tensors();
    const runtime = tfjsRuntime(
      {
        ...tf,
        getKernel: (name: string, backend: string) =>
          name === 'Erf' ? undefined : tf.getKernel(name, backend),
      },
      { backend: 'cpu' },
    );
    const bell = program({ inputs: { x: { shape: [2] } }, state: {} }, ({ x }) => ({
      outputs: { y: mul(erf(x), 2) },
    }));
    await expect(runtime.load(bell)).rejects.toThrow(
      new DataError(
        'load: tfjs-cpu has no kernel Erf, which the operator erf is made of. Load the program on onnxruntime-node, onnxruntime-web or reference, which have it.',
      ),
    );
    expect(tensors()).toBe(before);
  });

  it('has no form of an operator: loading names it', async () => {
    const sigmoidal = program({ inputs: { x: { shape: [4, 8] } }, state: {} }, ({ x }) => ({
      outputs: { y: mul(exp(add(x, 1)), x) },
    }));
    await expect(tfjsRuntime(tf, { backend: 'cpu' }).load(fuse(sigmoidal))).rejects.toThrow(
      new DataError(
        'load: the operator fused has no TensorFlow.js form. It runs on onnxruntime-fused and reference.',
      ),
    );
  });
});

describe('loadTfjsEngine', () => {
  it('says what to install, and passes on what else fails', async () => {
    const importers = { core, 'tfjs-cpu': broken, 'tfjs-wasm': missing };
    await expect(loadTfjsEngine('tfjs-wasm', importers)).rejects.toThrow(
      new DataError(
        'tfjs-wasm: its packages are not installed. Run npm install @tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm.',
      ),
    );
    await expect(loadTfjsEngine('tfjs-cpu', importers)).rejects.toThrow('broken');
  });

  it('says that a backend does not start', async () => {
    await expect(
      loadTfjsEngine('tfjs-wasm', { core: stuck, 'tfjs-cpu': core, 'tfjs-wasm': core }),
    ).rejects.toThrow('tfjs-wasm: the backend wasm of TensorFlow.js does not start here.');
  });
});
