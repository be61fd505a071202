import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { box } from '@meow-rl/envs';
import { recordingFiles } from '@meow-rl/files/testing';
import { add, mapOutputs, mapValues, sub } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createMeowAgent } from '@meow-rl/meow';
import type { MeowAgent } from '@meow-rl/meow';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { loadPolicy, PolicyFileError, policyFiles, verifyPolicy } from './index.ts';
import type { Precision } from './index.ts';
import { exportAgent } from './node.ts';
import { openPolicyFile } from './policy-session.ts';
import { actionSpace, metadata, normalRows, trainedAgent } from './testing/trained-agent.ts';

let agent: MeowAgent;
let folder: string;
const file = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  agent = await trainedAgent();
  folder = await mkdtemp(path.join(tmpdir(), 'meow-export-'));
  await exportAgent(agent, agent.deployment(), folder, metadata);
});
afterAll(async () => {
  await agent.dispose();
  await rm(folder, { recursive: true });
});

/** The bytes of every file in the folder, by name. */
async function contents(): Promise<Record<string, Buffer>> {
  const names = (await readdir(folder)).toSorted();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(file(name))] as const)),
  );
}

const toUnits = (action: number, entry: number): number => {
  const [low = 0, high = 0] = [actionSpace.low[entry], actionSpace.high[entry]];
  return low + ((action + 1) / 2) * (high - low);
};

test('files are on the disk before they are verified, and take their names for good', async () => {
  const files = recordingFiles(folder);
  await exportAgent(agent, agent.deployment(), file('new'), metadata, { files, observations: 10 });
  const names = ['policy.onnx', 'policy-stochastic.onnx', 'critic.onnx'].map((name) => `new/${name}`);
  const copies = new Set(names.map((name) => `remove ${name}.previous`));
  expect(files.done.filter((done) => !copies.has(done))).toEqual([
    'mkdir new',
    'sync .',
    ...names.flatMap((name) => [`create ${name}.draft`, `write ${name}.draft`, `sync ${name}.draft`]),
    ...names.slice(1).map((name) => `remove ${name}`),
    'sync new',
    ...names.map((name) => `rename ${name}.draft to ${name}`),
    'sync new',
  ]);
  await rm(file('new'), { recursive: true });
});

test('the folder may be named by way of one that is missing', async () => {
  const names = [folder, 'missing', '..', '.', 'by-way'].join(path.sep);
  const written = await exportAgent(agent, agent.deployment(), names, metadata, { observations: 10 });
  expect(written.map(({ path: target }) => target)).toEqual([
    file('by-way/policy.onnx'),
    file('by-way/policy-stochastic.onnx'),
    file('by-way/critic.onnx'),
  ]);
  expect(await readdir(file('by-way'))).toHaveLength(3);
  await rm(file('by-way'), { recursive: true });
});

describe('policy.onnx', () => {
  test('gives the agent’s deterministic action in the environment’s units, for any batch', async () => {
    const policy = await loadPolicy(file('policy.onnx'));
    for (const rows of [1, 7, 256]) {
      const observations = normalRows(rows, 5, rows);
      const expected = await agent.act(observations, { deterministic: true });
      const actions = await policy.act(observations);
      expect(actions).toHaveLength(rows * 3);
      actions.forEach((action, i) =>
        expect(action).toBeCloseTo(toUnits(expected[i] ?? Number.NaN, i % 3), 5),
      );
    }
    await policy.dispose();
  });

  test('carries its metadata', async () => {
    const policy = await loadPolicy(file('policy.onnx'));
    expect(policy.metadata).toMatchObject({
      algorithm: 'meow',
      environment: 'Test-v0',
      trainingSteps: 123,
      versions: { test: '1.2.3' },
    });
    expect([...policy.metadata.actionSpace.low]).toEqual([-2, 0, 10]);
    expect([...policy.metadata.observationSpace.high]).toEqual(Array.from({ length: 5 }, () => Infinity));
    await policy.dispose();
  });

  test('is a plain ONNX model that needs nothing of this project', async () => {
    const session = await ort.InferenceSession.create(file('policy.onnx'));
    expect(session.inputNames).toEqual(['observation']);
    expect(session.outputNames).toEqual(['action']);
    const observation = new ort.Tensor('float32', normalRows(2, 5, 9), [2, 5]);
    const { action } = await session.run({ observation });
    expect(action?.dims).toEqual([2, 3]);
    await session.release();
  });

  test('of MEow in HalfCheetah has under 200 kB, and half as much in float16 or int8', async () => {
    const made = await createMeowAgent({
      runtime: onnxRuntimeNode(),
      observationSize: 17,
      actionSize: 6,
    });
    const spaces = {
      observationSpace: box({ low: -Infinity, high: Infinity, shape: [17] }),
      actionSpace: box({ low: -1, high: 1, shape: [6] }),
    };
    const sizeIn = (precision: Precision) =>
      policyFiles(made.deployment(), { ...metadata, ...spaces }, precision).policy?.length ?? Number.NaN;
    expect(sizeIn('float32')).toBeLessThan(200_000);
    expect(sizeIn('float32')).toBeGreaterThan(100_000);
    for (const precision of ['float16', 'int8'] as const)
      expect(sizeIn(precision)).toBeLessThan(0.6 * sizeIn('float32'));
    await made.dispose();
  });

  test('refuses rows of another size', async () => {
    const policy = await loadPolicy(file('policy.onnx'));
    await expect(policy.act(new Float32Array(6))).rejects.toThrow(
      'input observation has 6 entries, expected one or more rows of 5',
    );
    await policy.dispose();
  });
});

describe('policy-stochastic.onnx and critic.onnx', () => {
  test('log_prob is the log-density in the environment’s units: (Q − V) / α less the units’ volume', async () => {
    const sampler = await openPolicyFile(await readFile(file('policy-stochastic.onnx')), ort);
    const critic = await openPolicyFile(await readFile(file('critic.onnx')), ort);
    expect([...sampler.inputNames].toSorted()).toEqual(['noise', 'observation']);
    const observation = normalRows(16, 5, 1);
    const { action = new Float32Array(), log_prob: logProb } = await sampler.run({
      observation,
      noise: normalRows(16, 3, 2),
    });
    const { q1, q2, value } = await critic.run({ observation, action });
    const volume = Math.log(2) + Math.log(2) + Math.log(0.5);
    for (let row = 0; row < 16; row++) {
      const q = Math.min(q1?.[row] ?? Number.NaN, q2?.[row] ?? Number.NaN);
      const expected = (q - (value?.[row] ?? 0)) / agent.config.alpha - volume;
      expect(logProb?.[row]).toBeCloseTo(expected, 2);
      actionSpace.validate(action.subarray(3 * row, 3 * row + 3), 'action', { inRange: true });
    }
    await sampler.dispose();
    await critic.dispose();
  });

  test('noise of zeros gives the deterministic action', async () => {
    const sampler = await openPolicyFile(await readFile(file('policy-stochastic.onnx')), ort);
    const policy = await loadPolicy(file('policy.onnx'));
    const observation = normalRows(4, 5, 4);
    const { action } = await sampler.run({ observation, noise: new Float32Array(12) });
    expect(action).toEqual(await policy.act(observation));
    await expect(sampler.run({ observation, noise: new Float32Array(9) })).rejects.toThrow(
      'different numbers of rows',
    );
    await sampler.dispose();
    await policy.dispose();
  });

  test('a sampled policy draws its noise from one generator of its seed', async () => {
    const location = file('policy-stochastic.onnx');
    const sampler = await openPolicyFile(await readFile(location), ort);
    const sampled = await loadPolicy({ stochastic: location }, { seed: 9 });
    const observation = normalRows(4, 5, 4);
    const { action } = await sampler.run({ observation, noise: normalRows(4, 3, 9) });
    expect(await sampled.sample(observation)).toEqual(action);
    expect(await sampled.sample(observation)).not.toEqual(action);
    await expect(sampled.sample(new Float32Array(7))).rejects.toThrow('input observation has 7 entries');
    await expect(loadPolicy({ stochastic: file('policy.onnx') })).rejects.toThrow(
      'expected the inputs noise, observation and the output action, got observation and action',
    );
    await expect(loadPolicy({ stochastic: file('none.onnx') })).rejects.toThrow(
      /it cannot be read: ENOENT.* Give the path or the address of a policy-stochastic\.onnx\./,
    );
    await sampler.dispose();
    await sampled.dispose();
  });
});

describe('verification', () => {
  test('passes for the agent and fails for one that has learned on', async () => {
    const policy = await loadPolicy(file('policy.onnx'));
    const { observations, maxError } = await verifyPolicy(agent, policy);
    expect(observations).toBe(1000);
    // The distance of two float32 numbers at 11 in halves of [10, 11].
    expect(maxError).toBeLessThan(2 ** -19);
    const other = await trainedAgent();
    const moved = other.parameters();
    const bias = moved['coupling3.2.bias'];
    other.loadParameters({
      ...moved,
      'coupling3.2.bias': { shape: bias?.shape ?? [], data: Float32Array.of(0.01, 0.01, 0.01) },
    });
    await expect(verifyPolicy(other, policy)).rejects.toThrow(/differ by .* allowed is/);
    await other.dispose();
    await policy.dispose();
  });

  test('keeps the earlier files if the new ones do not agree', async () => {
    const before = await readFile(file('policy.onnx'));
    const deployment = agent.deployment();
    const state = mapValues(deployment.state, (values) => values.map((value) => value * 1.01));
    const wrong = { ...deployment, state };
    await expect(exportAgent(agent, wrong, folder, metadata)).rejects.toThrow(PolicyFileError);
    expect(await readFile(file('policy.onnx'))).toEqual(before);
    expect((await readdir(folder)).toSorted()).toEqual([
      'critic.onnx',
      'policy-stochastic.onnx',
      'policy.onnx',
    ]);
  });

  test('keeps every earlier file if the last of the new ones does not agree', async () => {
    const before = await contents();
    const { critic, ...deployment } = agent.deployment();
    // What is left of q1 beside 1e9 is another number in float32 than in float64.
    const rounded = mapOutputs(critic, ({ q1, ...outputs }) => ({ ...outputs, q1: sub(add(q1, 1e9), 1e9) }));
    const later = { ...metadata, trainingSteps: 456 };
    await expect(exportAgent(agent, { ...deployment, critic: rounded }, folder, later)).rejects.toThrow(
      /critic\.onnx and the agent differ by .* in q1/,
    );
    expect(await contents()).toEqual(before);
    // It is the critic alone that is refused.
    await expect(exportAgent(agent, { ...deployment, critic }, folder, later)).resolves.toHaveLength(3);
    expect((await contents())['policy.onnx']).not.toEqual(before['policy.onnx']);
  });

  test.runIf(existsSync('/dev/full'))(
    'keeps every earlier file if the disk is full for the last',
    async () => {
      const before = await contents();
      await symlink('/dev/full', file('critic.onnx.draft'));
      await expect(
        exportAgent(agent, agent.deployment(), folder, { ...metadata, trainingSteps: 789 }),
      ).rejects.toThrow(
        'the policy cannot be written: the disk is full. What was there is unharmed: make room, or give another folder.',
      );
      expect(await contents()).toEqual(before);
    },
  );

  test('names the outputs of a critic as the agent does', async () => {
    const { critic, ...deployment } = agent.deployment();
    const renamed = mapOutputs(critic, ({ q1, q2 }) => ({ advantage: sub(q1, q2) }));
    await exportAgent(agent, { ...deployment, critic: renamed }, folder, metadata);
    const session = await openPolicyFile(await readFile(file('critic.onnx')), ort);
    expect(session.outputNames).toEqual(['advantage']);
    const rows = { observation: normalRows(4, 5, 1), action: normalRows(4, 3, 2) };
    const { advantage = [] } = await session.run(rows);
    await session.dispose();
    await exportAgent(agent, agent.deployment(), folder, metadata);
    const whole = await openPolicyFile(await readFile(file('critic.onnx')), ort);
    const { q1 = [], q2 = [] } = await whole.run(rows);
    await whole.dispose();
    for (const [i, value] of Array.from(advantage).entries())
      expect(value).toBeCloseTo((q1[i] ?? Number.NaN) - (q2[i] ?? Number.NaN), 4);
  });

  test('deletes the file that the agent no longer has', async () => {
    const { critic: _, ...deployment } = agent.deployment();
    await exportAgent(agent, deployment, folder, metadata);
    expect(Object.keys(await contents())).toEqual(['policy-stochastic.onnx', 'policy.onnx']);
    await exportAgent(agent, agent.deployment(), folder, metadata);
  });

  test('says so when the folder cannot be written', async () => {
    await writeFile(file('taken'), '');
    await expect(exportAgent(agent, agent.deployment(), file('taken/policy'), metadata)).rejects.toThrow(
      /the policy cannot be written: a part of the path is a file, not a folder\. .*or give another folder\./,
    );
    await rm(file('taken'));
  });
});

const exportMeasured = (measured: Readonly<Record<string, number>>) =>
  exportAgent(agent, agent.deployment(), file('measured'), metadata, {
    observations: 5,
    measure: async () => measured,
  });

describe('what is measured beside', () => {
  test('may have a long name and many digits', async () => {
    const name = 'x'.repeat(300);
    await exportMeasured({ [name]: 1 / 3 });
    const policy = await loadPolicy(file('measured/policy.onnx'));
    expect(policy.metadata.measured[name]).toBe(1 / 3);
    await policy.dispose();
    await rm(file('measured'), { recursive: true });
  });

  test.each([
    [
      { max_error: 1 },
      'a name of what is measured must be none of max_error, mean_error, observations, got max_error.',
    ],
    [{ speed: Number.NaN }, 'what is measured as speed must be a finite number, got NaN.'],
  ])('is refused as %j', async (measured, message) => {
    await expect(exportMeasured(measured)).rejects.toThrow(new RangeError(`export: ${message}`));
    await rm(file('measured'), { recursive: true });
  });
});

test.each([
  [{ observations: 0 }, 'observations must be a whole number >= 1, got 0.'],
  [{ observations: 1.5 }, 'observations must be a whole number >= 1, got 1.5.'],
  [{ tolerance: -1 }, 'tolerance must be a finite number >= 0, got -1.'],
  [{ tolerance: Number.NaN }, 'tolerance must be a finite number >= 0, got NaN.'],
])('options %j are refused', async (options, message) => {
  await expect(exportAgent(agent, agent.deployment(), file('none'), metadata, options)).rejects.toThrow(
    new RangeError(`export: ${message}`),
  );
  expect(existsSync(file('none'))).toBe(false);
});

test.each([Number.NaN, -1])('%d steps of training are refused', async (trainingSteps) => {
  await expect(
    exportAgent(agent, agent.deployment(), file('none'), { ...metadata, trainingSteps }),
  ).rejects.toThrow(
    new RangeError(`export: trainingSteps must be a whole number >= 0, got ${trainingSteps}.`),
  );
});

describe('damaged files', () => {
  test('a missing file', async () => {
    await expect(loadPolicy(file('none.onnx'))).rejects.toThrow(/none\.onnx: it cannot be read/);
  });

  test.each([
    ['empty', new Uint8Array()],
    ['text', new TextEncoder().encode('this is not a model')],
  ])('%s', async (_, bytes) => {
    await writeFile(file('bad'), bytes);
    await expect(loadPolicy(file('bad'))).rejects.toThrow(PolicyFileError);
    await rm(file('bad'));
  });

  test('cut off anywhere', async () => {
    const bytes = policyFiles(agent.deployment(), metadata).policy ?? new Uint8Array();
    for (let part = 0; part < 40; part++) {
      await writeFile(file('bad'), bytes.subarray(0, Math.floor((bytes.length * part) / 40)));
      await expect(loadPolicy(file('bad'))).rejects.toThrow(PolicyFileError);
    }
    await rm(file('bad'));
  });

  test('an ONNX file of somebody else', async () => {
    const { serialize, program, mul } = await import('@meow-rl/graph');
    const other = program({ inputs: { x: { shape: [2] } }, state: {} }, ({ x }) => ({
      outputs: { y: mul(x, 2) },
    }));
    await writeFile(file('bad'), serialize(other));
    await expect(loadPolicy(file('bad'))).rejects.toThrow('an ONNX file without meow-rl metadata');
    await rm(file('bad'));
  });

  test('the critic where the policy is expected', async () => {
    await expect(loadPolicy(file('critic.onnx'))).rejects.toThrow('Give policy.onnx of an export.');
  });
});
