import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { createEnv, timeLimit } from '@meow-rl/envs';
import type { MeowAgent } from '@meow-rl/meow';
import { evaluate } from '@meow-rl/train';
import * as nodeEngine from 'onnxruntime-node';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { EngineError, loadPolicy, policyFiles, PolicyFileError } from './index.ts';
import type { EngineName, Policy } from './index.ts';
import { importEngine } from './engine.ts';
import * as browser from './platform/browser.ts';
import { openPolicyFile } from './policy-session.ts';
import { metadata, normalRows, trainedAgent } from './testing/trained-agent.ts';

let agent: MeowAgent;
let files: Record<'policy' | 'stochastic' | 'critic', Uint8Array>;

beforeAll(async () => {
  agent = await trainedAgent();
  const { policy, stochastic, critic } = policyFiles(agent.deployment(), metadata);
  if (!policy || !stochastic || !critic) throw new Error('MEow has all files');
  files = { policy, stochastic, critic };
});
afterAll(() => agent.dispose());
afterEach(() => vi.unstubAllGlobals());

const expectClose = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(actual).toHaveLength(expected.length);
  Array.from(expected).forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 5));
};

const expectRefused = async (
  engine: EngineName,
  sources: Parameters<typeof loadPolicy>[0],
  message: string | RegExp,
) => {
  await expect(loadPolicy(sources, { engine })).rejects.toThrow(message);
};

describe.each<EngineName>(['onnxruntime-node', 'onnxruntime-web'])('loadPolicy on %s', (engine) => {
  let policy: Policy;
  beforeAll(async () => {
    policy = await loadPolicy(files, { engine, seed: 4 });
  });
  afterAll(() => policy.dispose());

  test('says what it got', () => {
    expect(policy.engine).toEqual({
      name: engine,
      executionProvider: engine === 'onnxruntime-node' ? 'cpu' : 'wasm',
      threads: 1,
    });
    expect(policy.metadata).toMatchObject({ algorithm: 'meow', trainingSteps: 123 });
  });

  test('acts as the file does on one observation and on many', async () => {
    const session = await openPolicyFile(files.policy, nodeEngine);
    for (const rows of [1, 3, 1, 64]) {
      const observation = normalRows(rows, 5, rows);
      const { action = [] } = await session.run({ observation });
      expectClose(await policy.act(observation), action);
    }
    await session.dispose();
  });

  test('keeps calls that overlap apart, and what it returned', async () => {
    const observations = Array.from({ length: 6 }, (_, i) => normalRows(1 + (i % 2), 5, 10 + i));
    const together = await Promise.all(observations.map((rows) => policy.act(rows)));
    for (const [i, rows] of observations.entries()) expect(await policy.act(rows)).toEqual(together[i]);
    expect(together[0]).not.toEqual(together[2]);
  });

  test('samples from a generator of its seed', async () => {
    const observation = normalRows(4, 5, 4);
    const session = await openPolicyFile(files.stochastic, nodeEngine);
    const { action = [] } = await session.run({ observation, noise: normalRows(4, 3, 4) });
    const again = await loadPolicy({ stochastic: files.stochastic }, { engine, seed: 4 });
    const drawn = await again.sample(observation);
    expectClose(drawn, action);
    expect(await again.sample(observation)).not.toEqual(drawn);
    const other = await loadPolicy({ stochastic: files.stochastic }, { engine });
    expect(await other.sample(observation)).not.toEqual(drawn);
    await Promise.all([session, again, other].map((opened) => opened.dispose()));
  });

  test('is played as it is: its actions in the deterministic mode, samples by the seed of the evaluation in the other', async () => {
    const taken: number[][] = [];
    const env = timeLimit(
      createEnv({
        id: 'Taking-v0',
        observationSpace: metadata.observationSpace,
        actionSpace: metadata.actionSpace,
        start: () => ({ observation: new Float64Array(5).fill(0.5), info: {} }),
        advance: (action) => {
          taken.push([...action]);
          return {
            observation: new Float64Array(5).fill(0.25),
            reward: 1,
            terminated: false,
            truncated: false,
            info: {},
          };
        },
      }),
      2,
    );
    const played = async (deterministic: boolean, seed: number) => {
      taken.length = 0;
      const { actions } = await evaluate({ actor: policy, env, episodes: 1, deterministic, seed });
      expect(actions).toBe(deterministic ? 'deterministic' : 'sampled');
      return taken.flat();
    };
    const rows = Float32Array.of(0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25);
    expectClose(await played(true, 1), await policy.act(rows));
    const sampled = await played(false, 1);
    expect(await played(false, 1)).toEqual(sampled);
    expect(await played(false, 2)).not.toEqual(sampled);
    expect(sampled).not.toEqual(await played(true, 1));
  });

  test('values actions as the agent does', async () => {
    const observation = normalRows(4, 5, 1);
    const actions = await policy.act(observation);
    const session = await openPolicyFile(files.critic, nodeEngine);
    const expected = await session.run({ observation, action: actions });
    const values = await policy.value(observation, actions);
    expect(Object.keys(values)).toEqual(['q1', 'q2', 'value']);
    for (const [name, numbers] of Object.entries(expected)) expectClose(values[name] ?? [], numbers);
    await session.dispose();
  });

  test('refuses observations of another size', async () => {
    await expect(policy.act(new Float32Array(6))).rejects.toThrow(
      new RangeError('policy.onnx: input observation has 6 entries, expected one or more rows of 5.'),
    );
    await expect(policy.act(new Float32Array())).rejects.toThrow('input observation has 0 entries');
    await expect(policy.sample(new Float32Array(4))).rejects.toThrow(RangeError);
    await expect(policy.value(new Float32Array(10), new Float32Array(3))).rejects.toThrow(
      'critic.onnx: inputs have different numbers of rows (2, 1). Give one per observation.',
    );
  });

  test('refuses what is no finite number in float32, as arrays of other types may hold', async () => {
    // As JavaScript without types may call it.
    const wide = Float64Array.of(0, 1e300, 0, 0, 0) as unknown as Float32Array;
    await expect(policy.act(wide)).rejects.toThrow('input observation has Infinity in entry 1 of row 0');
  });

  test('draws no noise for what it refuses', async () => {
    const [one, other] = [
      await loadPolicy({ stochastic: files.stochastic }, { engine, seed: 4 }),
      await loadPolicy({ stochastic: files.stochastic }, { engine, seed: 4 }),
    ];
    const observation = normalRows(2, 5, 4);
    await expect(one.sample(new Float32Array(7))).rejects.toThrow(RangeError);
    await expect(one.sample(new Float32Array(5).fill(Number.NaN))).rejects.toThrow(RangeError);
    expect(await one.sample(observation)).toEqual(await other.sample(observation));
    await one.dispose();
    await other.dispose();
  });

  test('is disposed of once the calls under way are done', async () => {
    const loaded = await loadPolicy(files.policy, { engine });
    const observations = normalRows(2000, 5, 1);
    const expected = await policy.act(observations);
    const calls = Array.from({ length: 3 }, () => loaded.act(observations));
    await loaded.dispose();
    for (const call of calls) expect(await call).toEqual(expected);
  });

  test.each([Number.NaN, Infinity])('refuses an observation with %d', async (bad) => {
    const observations = normalRows(2, 5, 1);
    observations[8] = bad;
    await expect(policy.act(observations)).rejects.toThrow(
      new RangeError(
        `policy.onnx: input observation has ${bad} in entry 3 of row 1, expected a finite number. Look at what gave it.`,
      ),
    );
    await expect(policy.sample(observations)).rejects.toThrow('entry 3 of row 1');
  });

  test('names the file that is missing for a method', async () => {
    const only = await loadPolicy(files.policy, { engine });
    await expect(only.sample(new Float32Array(5))).rejects.toThrow(
      "sample: policy-stochastic.onnx is not loaded. Give it too: loadPolicy({ stochastic: 'policy-stochastic.onnx' }).",
    );
    await expect(only.value(new Float32Array(5), new Float32Array(3))).rejects.toThrow(PolicyFileError);
    await only.dispose();
    await only.dispose();
    await expect(only.act(new Float32Array(5))).rejects.toThrow('policy.onnx: it was disposed of.');
  });

  test('refuses files of other kinds, programs and exports', async () => {
    await expectRefused(engine, files.critic, 'Give policy.onnx of an export.');
    await expectRefused(engine, new Uint8Array(), 'policy.onnx: it holds no ONNX graph (0 bytes)');
    await expectRefused(
      engine,
      new TextEncoder().encode('<!doctype html>'),
      'it is no ONNX file or is damaged (15 bytes)',
    );
    for (let part = 1; part < 40; part++)
      await expect(
        loadPolicy(files.policy.subarray(0, Math.floor((files.policy.length * part) / 40)), { engine }),
      ).rejects.toThrow(PolicyFileError);
    const later = policyFiles(agent.deployment(), { ...metadata, trainingSteps: 9 });
    await expectRefused(
      engine,
      { policy: files.policy, critic: later.critic ?? new Uint8Array() },
      /different exports: meow in Test-v0 after 123 steps.* after 9 steps.* Give files of one folder\./,
    );
    const { state, ...deployment } = agent.deployment();
    const halved = Object.fromEntries(
      Object.entries(state).map(([name, values]) => [name, Float32Array.from(values, (value) => value / 2)]),
    );
    const another = policyFiles({ ...deployment, state: halved }, metadata);
    await expectRefused(
      engine,
      { policy: files.policy, critic: another.critic ?? new Uint8Array() },
      /different exports: meow in Test-v0 after 123 steps, parameters [0-9a-f]{16}, and meow .* parameters [0-9a-f]{16}\. Give/,
    );
    await expectRefused(engine, {}, 'loadPolicy: no file is given. Give a policy.onnx, or files by kind:');
  });
});

describe('sources', () => {
  test('a path, an address, bytes in it, and a buffer', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'meow-load-'));
    const file = path.join(folder, 'policy.onnx');
    await writeFile(file, files.policy);
    const observation = normalRows(1, 5, 1);
    const actions: Float32Array[] = [];
    const address = pathToFileURL(file);
    const inText = `data:application/octet-stream;base64,${Buffer.from(files.policy).toString('base64')}`;
    for (const source of [file, address, address.href, inText, Uint8Array.from(files.policy).buffer]) {
      const policy = await loadPolicy(source);
      expect(policy.engine.name).toBe('onnxruntime-node');
      actions.push(await policy.act(observation));
      await policy.dispose();
    }
    for (const action of actions) expect(action).toEqual(actions[0]);
    await rm(folder, { recursive: true });
    await expect(loadPolicy(file)).rejects.toThrow(
      /policy\.onnx: it cannot be read: ENOENT.* Give the path or the address of a policy\.onnx\./,
    );
  });

  test('a path with a colon, which is no address', () =>
    expect(loadPolicy('run-13:07/none.onnx')).rejects.toThrow(/none\.onnx: it cannot be read: ENOENT/));

  test('an address', async () => {
    vi.stubGlobal('fetch', async (address: string) =>
      address === 'https://here/policy.onnx'
        ? new Response(Uint8Array.from(files.policy))
        : new Response('', { status: 404, statusText: 'Not Found' }),
    );
    const policy = await loadPolicy('https://here/policy.onnx');
    expect(await policy.act(normalRows(1, 5, 1))).toHaveLength(3);
    await policy.dispose();
    await expect(loadPolicy('https://here/none.onnx')).rejects.toThrow(
      'https://here/none.onnx: it cannot be read: the server answers 404 Not Found.',
    );
    await expect(browser.readBytes('none.onnx')).rejects.toThrow('the server answers 404 Not Found');
  });

  test('an address that gives a web page, or nothing', async () => {
    vi.stubGlobal(
      'fetch',
      async () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
    );
    await expect(loadPolicy('https://here/policy.onnx')).rejects.toThrow(
      new PolicyFileError(
        'https://here/policy.onnx: it cannot be read: the server answers with a web page. Give the path or the address of a policy.onnx.',
      ),
    );
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND here') });
    });
    await expect(loadPolicy('https://here/policy.onnx')).rejects.toThrow(
      'it cannot be read: fetch failed: getaddrinfo ENOTFOUND here. Give',
    );
  });

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    [['policy.onnx'], 'an object with 0'],
    [{ stochastik: 'policy.onnx' }, 'an object with stochastik'],
    [{ policy: 5 }, 'an object with policy'],
  ])('not %j', async (given, got) => {
    await expect(loadPolicy(given as unknown as string)).rejects.toThrow(
      new TypeError(
        `loadPolicy: expected a policy.onnx as bytes, path or address, or such files by kind (policy, stochastic, critic), got ${got}.`,
      ),
    );
  });
});

const missing = (name: string) => async (): Promise<never> => {
  throw Object.assign(new Error(`Cannot find package '${name}' imported from here`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
};
const web = async () => nodeEngine;

const broken = async (): Promise<never> => {
  throw new Error('libonnxruntime.so.1: cannot open shared object file');
};

describe('engines', () => {
  test('the first one that is installed', async () => {
    const importers = { 'onnxruntime-node': missing('onnxruntime-node'), 'onnxruntime-web': web };
    expect(await importEngine(importers)).toMatchObject({
      name: 'onnxruntime-web',
      executionProvider: 'wasm',
    });
    await expect(importEngine(importers, 'onnxruntime-node')).rejects.toThrow(
      'loadPolicy: there is no engine: onnxruntime-node is not installed. Run npm install onnxruntime-node.',
    );
  });

  test('none at all', async () => {
    await expect(
      importEngine({
        'onnxruntime-node': missing('onnxruntime-node'),
        'onnxruntime-web': missing('onnxruntime-web'),
      }),
    ).rejects.toThrow(
      new EngineError(
        'loadPolicy: there is no engine: onnxruntime-node and onnxruntime-web are not installed. Run npm install onnxruntime-node.',
      ),
    );
  });

  test('one that is installed but broken is not passed over', async () => {
    await expect(importEngine({ 'onnxruntime-node': broken, 'onnxruntime-web': web })).rejects.toThrow(
      "loadPolicy: onnxruntime-node can't be loaded: libonnxruntime.so.1",
    );
    // What it imports itself may be missing, too.
    await expect(
      importEngine({ 'onnxruntime-node': missing('./binding.js'), 'onnxruntime-web': web }),
    ).rejects.toThrow("onnxruntime-node can't be loaded");
  });

  test('one that does not run in browsers', async () => {
    await expect(importEngine(browser.engines, 'onnxruntime-node')).rejects.toThrow(
      "loadPolicy: onnxruntime-node doesn't run here, expected onnxruntime-web.",
    );
  });

  test('one that the caller has imported', async () => {
    const engine = { name: 'mine', ort: nodeEngine, executionProvider: 'cpu' };
    const policy = await loadPolicy(files.policy, { engine, threads: 2 });
    expect(policy.engine).toEqual({ name: 'mine', executionProvider: 'cpu', threads: 2 });
    await policy.dispose();
  });

  test.each([[null], [{}], [nodeEngine], [5]])('not what is no engine', async (engine) => {
    await expect(loadPolicy(files.policy, { engine: engine as unknown as EngineName })).rejects.toThrow(
      /^loadPolicy: engine must be onnxruntime-node, onnxruntime-web or { name, ort, executionProvider }, where ort is the imported package, got (null|object|number)\.$/,
    );
  });

  test('one that can not run a file is to blame, not the file', async () => {
    const engine = { name: 'mine', ort: nodeEngine, executionProvider: 'nonsense' };
    await expect(loadPolicy(files.policy, { engine })).rejects.toThrow(EngineError);
    await expect(loadPolicy(files.policy, { engine })).rejects.toThrow(
      /^policy\.onnx: the engine can't run it: .*nonsense.* The file is as it was exported: take another engine, or a newer one\.$/,
    );
  });

  test('one that fails while it runs', async () => {
    const failing = {
      ...nodeEngine,
      InferenceSession: {
        create: async (...given: Parameters<typeof nodeEngine.InferenceSession.create>) => ({
          ...(await nodeEngine.InferenceSession.create(...given)),
          inputNames: ['observation'],
          outputNames: ['action'],
          run: () => Promise.reject(new Error('no memory is left.')),
          release: async () => {},
        }),
      },
    };
    const engine = { name: 'mine', ort: failing as unknown as typeof nodeEngine, executionProvider: 'cpu' };
    await expect(loadPolicy(files.policy, { engine })).rejects.toThrow(
      new EngineError(
        'policy.onnx: the engine failed: no memory is left. Take another engine, or a newer one.',
      ),
    );
  });

  test('a file that is refused leaves the number of threads open', async () => {
    const ort = { ...nodeEngine, env: { wasm: {} } };
    const engine = { name: 'mine', ort, executionProvider: 'wasm' };
    await expect(loadPolicy(new Uint8Array(100), { engine, threads: 2 })).rejects.toThrow(PolicyFileError);
    expect(ort.env.wasm).toEqual({});
  });

  test('as many threads as the page has, unless others are asked for', async () => {
    const ort = { ...nodeEngine, env: { wasm: { numThreads: 3 } } };
    const engine = { name: 'mine', ort, executionProvider: 'wasm' };
    // It gets as far as the engine of Node, which has no WebAssembly.
    await expect(loadPolicy(files.policy, { engine })).rejects.toThrow(EngineError);
    expect(ort.env.wasm).toEqual({ numThreads: 3 });
    await expect(loadPolicy(files.policy, { engine, threads: 1 })).rejects.toThrow(
      'loadPolicy: 1 thread is asked for, but onnxruntime-web has 3 in this page already.',
    );
  });

  test('no threads of a graphics card', async () => {
    const engine = { name: 'mine', ort: nodeEngine, executionProvider: 'webgpu' };
    await expect(loadPolicy(files.policy, { engine, threads: 7 })).rejects.toThrow(
      new RangeError('loadPolicy: WebGPU takes no number of threads, got 7. Leave threads out.'),
    );
  });

  test('threads', async () => {
    await expect(loadPolicy(files.policy, { threads: 0 })).rejects.toThrow(
      'loadPolicy: threads must be a whole number >= 1, got 0.',
    );
    await expect(loadPolicy(files.policy, { engine: 'onnxruntime-web', threads: 2 })).rejects.toThrow(
      'loadPolicy: 2 threads are asked for, but onnxruntime-web has 1 in this page already.',
    );
  });
});
