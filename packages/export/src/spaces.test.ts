import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { box, type Box } from '@meow-rl/envs';
import { add, mapInput, mapOutputs, mul } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import type { MeowAgent } from '@meow-rl/meow';
import type { Actor, Deployment } from '@meow-rl/train';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { loadPolicy, policyFiles, verifyPolicy } from './index.ts';
import type { PolicyFile, PolicyMetadata } from './index.ts';
import { exportAgent } from './node.ts';
import { openPolicyFile } from './policy-session.ts';
import { verifySession } from './verify.ts';
import { metadata, normalRows, observationSpace, trainedAgent } from './testing/trained-agent.ts';

/** What a stochastic policy with a density gives. */
interface Sampled {
  readonly action: Tensor;
  readonly logProb?: Tensor;
}

let agent: MeowAgent;
let folder: string;
beforeAll(async () => {
  agent = await trainedAgent();
  folder = await mkdtemp(path.join(tmpdir(), 'meow-export-'));
});
afterAll(async () => {
  await agent.dispose();
  await rm(folder, { recursive: true });
});

const spaces: readonly (readonly [string, Box])[] = [
  ['[-1, 1]', box({ low: -1, high: 1, shape: [3] })],
  ['small and uneven', box({ low: [-0.4, 0.1, -0.7], high: [0.4, 0.7, 0.2] })],
  ['far from 0 for their range', box({ low: [1000, 1000.3, -5000], high: [1001, 1001.3, -4999.9] })],
  ['tiny', box({ low: [-1e-6, 0, 1e-30], high: [1e-6, 1e-9, 3e-30] })],
  ['huge', box({ low: [-3e38, 0, -1e20], high: [3e38, 3e38, 1e30] })],
  ['with an entry that is one number', box({ low: [-2, 0.1, 10], high: [2, 0.1, 11] })],
  ['with entries that are 0 and a far number', box({ low: [0, -1, 1e8], high: [0, 1, 1e8] })],
];

const about = (actionSpace: Box): PolicyMetadata => ({ ...metadata, actionSpace });
const bytesOf = (kind: PolicyFile, deployment: Deployment, actionSpace: Box): Uint8Array =>
  policyFiles(deployment, about(actionSpace))[kind] ?? new Uint8Array();

/** What `verifyPolicy` and `verifySession` say of files that are made of another deployment than the agent's. */
async function verify(kind: PolicyFile, made: Deployment, actionSpace: Box): Promise<number> {
  const bytes = bytesOf(kind, made, actionSpace);
  if (kind === 'policy') {
    const policy = await loadPolicy(bytes);
    return (await verifyPolicy(agent, policy)).maxError;
  }
  const session = await openPolicyFile(bytes, ort);
  return (await verifySession(kind, agent.deployment(), session)).maxError;
}

/** What a file of the agent gives for an action space. */
const run = async (kind: PolicyFile, space: Box, inputs: Record<string, Float32Array>) => {
  const session = await openPolicyFile(bytesOf(kind, agent.deployment(), space), ort);
  const outputs = await session.run(inputs);
  await session.dispose();
  return outputs;
};

const policyOf = () => loadPolicy(bytesOf('policy', agent.deployment(), metadata.actionSpace));

describe.each(spaces)('an action space %s', (_, actionSpace) => {
  // Float32 keeps 200 numbers of a range of 0.1 at 5000.
  const rounded = actionSpace.low.includes(-5000) ? 1e-2 : 1e-3;

  test('is exported, whatever the seed of the probes', async () => {
    for (const seed of [0, 1]) {
      const files = await exportAgent(agent, agent.deployment(), folder, about(actionSpace), { seed });
      for (const { kind, maxError } of files)
        expect(maxError).toBeLessThan(kind === 'critic' ? 1e-4 : rounded);
    }
  });

  test('gives actions in the range, as far as float32 goes', async () => {
    const policy = await loadPolicy(bytesOf('policy', agent.deployment(), actionSpace));
    const actions = await policy.act(normalRows(100, 5, 1));
    actions.forEach((action, i) => {
      const [low = 0, high = 0] = [actionSpace.low[i % 3], actionSpace.high[i % 3]];
      const rounding = 2 ** -23 * Math.max(Math.abs(low), Math.abs(high));
      expect(action).toBeGreaterThanOrEqual(low - rounding);
      expect(action).toBeLessThanOrEqual(high + rounding);
    });
  });

  test('is not exported if an action is off by a hundredth of its range', async () => {
    const { policy, stochastic, ...deployment } = agent.deployment();
    if (!stochastic) throw new Error('meow has a density');
    const made = {
      ...deployment,
      policy: mapOutputs(policy, ({ action }) => ({ action: add(action, 0.02) })),
      stochastic: mapOutputs(stochastic, (outputs) => ({ ...outputs, action: add(outputs.action, 0.02) })),
    };
    await expect(verify('policy', made, actionSpace)).rejects.toThrow(/differ by .* in action, allowed is/);
    await expect(verify('stochastic', made, actionSpace)).rejects.toThrow(
      /differ by .* in action, allowed is .*report this as a bug/,
    );
  });

  test('is not exported if a density, a value or what the critic sees of an action is off', async () => {
    const { stochastic, critic, ...deployment } = agent.deployment();
    if (!stochastic) throw new Error('meow has a density');
    const denser = mapOutputs(stochastic, ({ action, logProb = action }: Sampled) => ({
      action,
      logProb: mul(logProb, 1.01),
    }));
    await expect(verify('stochastic', { ...deployment, stochastic: denser }, actionSpace)).rejects.toThrow(
      /in log_prob, allowed is/,
    );
    const better = mapOutputs(critic, ({ value, ...outputs }) => ({ ...outputs, value: add(value, 0.01) }));
    await expect(verify('critic', { ...deployment, critic: better }, actionSpace)).rejects.toThrow(
      /in value, allowed is/,
    );
    const { shape } = critic.inputs.action;
    const shortsighted = mapInput<'observation' | 'action', string, 'q1' | 'q2' | 'value'>(
      critic,
      'action',
      { shape },
      (action) => mul(action, 0.98),
    );
    await expect(verify('critic', { ...deployment, critic: shortsighted }, actionSpace)).rejects.toThrow(
      /in q[12], allowed is/,
    );
  });

  test('is not exported if the constants of its units are off', async () => {
    const { low, high } = actionSpace;
    const wider = box({
      low,
      high: high.map((bound, i) => bound + 0.02 * (bound - (low[i] ?? 0)) || bound * 1.01),
    });
    const policy = await loadPolicy(bytesOf('policy', agent.deployment(), wider));
    await expect(
      verifyPolicy(agent, { ...policy, metadata: { ...policy.metadata, actionSpace } }),
    ).rejects.toThrow(/in action, allowed is/);
  });
});

describe('an action entry that is one number', () => {
  const actionSpace = box({ low: [-2, 0.1, 10], high: [2, 0.1, 11] });
  const unscaled = box({ low: -1, high: 1, shape: [3] });
  const observation = normalRows(16, 5, 1);
  test('is that number in every action', async () => {
    const inputs = { observation, noise: normalRows(16, 3, 2) };
    const files = [await run('policy', actionSpace, inputs), await run('stochastic', actionSpace, inputs)];
    for (const { action } of files) {
      expect(action).toHaveLength(48);
      action?.forEach((x, i) => i % 3 !== 1 || expect(x).toBe(Math.fround(0.1)));
    }
  });

  test('counts in log_prob as the agent’s own entry, without units', async () => {
    const inputs = { observation, noise: normalRows(16, 3, 2) };
    const { log_prob: withoutUnits } = await run('stochastic', unscaled, inputs);
    const { log_prob: logProb } = await run('stochastic', actionSpace, inputs);
    expect(logProb).toHaveLength(16);
    logProb?.forEach((value, row) =>
      expect(value).toBeCloseTo((withoutUnits?.[row] ?? Number.NaN) - Math.log(2) - Math.log(0.5), 4),
    );
  });

  test('is the middle to the critic, whatever is given', async () => {
    const unscaledAction = new Float32Array(48).map((_, i) => (i % 3 === 1 ? 0 : 0.25));
    const { q1, value } = await run('critic', unscaled, { observation, action: unscaledAction });
    for (const given of [0.1, -3, 1e6]) {
      const action = unscaledAction.map((_, i) => [0.5, given, 10.625][i % 3] ?? 0);
      const outputs = await run('critic', actionSpace, { observation, action });
      outputs['q1']?.forEach((q, row) => expect(q).toBeCloseTo(q1?.[row] ?? Number.NaN, 5));
      expect(outputs['value']).toEqual(value);
    }
  });
});

describe('an action space that no file can serve', () => {
  test.each([
    [-Infinity, 1, 'action entry 1 is in [-Infinity, 1], expected finite bounds. Clip that action'],
    [0, Infinity, 'action entry 1 is in [0, Infinity], expected finite bounds'],
    [1e9, 1e9 + 1, 'action entry 1 is in [1000000000, 1000000001], where float32'],
    // Here float32 has 16 numbers for it.
    [1e6, 1e6 + 1, 'action entry 1 is in [1000000, 1000001], where float32'],
    [-1e-50, 1e-50, 'action entry 1 is in [-1e-50, 1e-50], where float32'],
    [-1e300, 1e300, 'action entry 1 is in [-1e+300, 1e+300], where float32'],
  ])('%d to %d', async (low, high, message) => {
    const actionSpace = box({ low: [-1, low, -1], high: [1, high, 1] });
    const exported = exportAgent(agent, agent.deployment(), folder, about(actionSpace));
    await expect(exported).rejects.toThrow(message);
    await expect(exported).rejects.not.toThrow('bug');
  });
});

/** The bounds of Gymnasium's CartPole, and one that is narrow and far. */
const nominal = box({
  low: [-4.8, -3.4028234663852886e38, -0.41887903, -Infinity, 1e6],
  high: [4.8, 3.4028234663852886e38, 0.41887903, 1e300, 1e6 + 64],
});

describe('an observation space of huge finite bounds', () => {
  test('is compared on where observations may be, and an agent is exported', async () => {
    const seen: Float32Array[] = [];
    const watched: Actor = { ...agent, act: (rows, options) => (seen.push(rows), agent.act(rows, options)) };
    const exported = { ...metadata, observationSpace: nominal };
    const files = await exportAgent(watched, agent.deployment(), folder, exported);
    expect(files.map(({ observations }) => observations)).toEqual([1000, 64, 64]);
    const columns = [0, 1, 2, 3, 4].map((entry) =>
      Array.from(seen[0] ?? []).filter((_, i) => i % 5 === entry),
    );
    const [position = [], velocity = [], , open = [], far = []] = columns;
    expect(Math.max(...position)).toBeGreaterThan(4.5);
    expect(Math.min(...position)).toBeLessThan(-4.5);
    for (const values of [velocity, open]) {
      const square = values.reduce((sum: number, x: number) => sum + x * x, 0) / values.length;
      expect(Math.abs(square - 1)).toBeLessThan(4 * Math.sqrt(2 / 1000));
    }
    for (const x of far) expect(x >= 1e6 && x <= 1e6 + 64).toBe(true);
  });

  test('still shows a policy that is off', async () => {
    const { policy, ...deployment } = agent.deployment();
    const made = {
      ...deployment,
      policy: mapOutputs(policy, ({ action }) => ({ action: mul(action, 1.01) })),
    };
    await expect(
      exportAgent(agent, made, folder, { ...metadata, observationSpace: nominal }),
    ).rejects.toThrow(/differ by .* in action, allowed is/);
  });
});

describe('what files are run on', () => {
  const unit = box({ low: -1, high: 1, shape: [5] });
  test.each([
    ['stochastic', 'noise', observationSpace],
    ['critic', 'action', unit],
  ] as const)('has nothing to do with the observations: %s', async (kind, input, space) => {
    const actionSpace = box({ low: -1, high: 1, shape: [3] });
    const bytes = policyFiles(agent.deployment(), { ...metadata, observationSpace: space, actionSpace })[
      kind
    ];
    const session = await openPolicyFile(bytes ?? new Uint8Array(), ort);
    let inputs: Readonly<Record<string, Float32Array>> = {};
    const run: typeof session.run = (given) => session.run((inputs = given));
    await verifySession(kind, agent.deployment(), { ...session, run });
    const values = Array.from(inputs[input] ?? []);
    expect(values).toHaveLength(192);
    const scaled = values.map((x) => x / Math.hypot(...values));
    const beside = inputs['observation']?.slice(0, 192) ?? [];
    // The cosine of the angle between them.
    const alike = scaled.reduce((sum, x, i) => sum + x * (beside[i] ?? 0), 0) / Math.hypot(...beside);
    expect(Math.abs(alike)).toBeLessThan(0.4);
    await session.dispose();
  });
});

describe('probes', () => {
  test('are what is compared on, the first ones of them', async () => {
    const seen: Float32Array[] = [];
    const watched: Actor = { ...agent, act: (rows, options) => (seen.push(rows), agent.act(rows, options)) };
    const probes = normalRows(7, 5, 8).map((x) => 300 + x);
    expect(await verifyPolicy(watched, await policyOf(), { probes })).toMatchObject({ observations: 7 });
    expect(await verifyPolicy(watched, await policyOf(), { probes, observations: 3 })).toMatchObject({
      observations: 3,
    });
    expect(seen).toEqual([probes, probes.slice(0, 15)]);
  });

  test('show a file that is off only where observations are', async () => {
    const probes = normalRows(64, 5, 8).map((x) => 300 + x);
    const { critic, ...deployment } = agent.deployment();
    const made = mapInput<'observation' | 'action', string, 'q1' | 'q2' | 'value'>(
      critic,
      'observation',
      { shape: critic.inputs.observation.shape },
      (x) => mul(x, 0.9),
    );
    const session = await openPolicyFile(
      bytesOf('critic', { ...deployment, critic: made }, metadata.actionSpace),
      ort,
    );
    await expect(verifySession('critic', agent.deployment(), session, { probes })).rejects.toThrow(
      /critic\.onnx and the agent differ/,
    );
  });

  test.each([
    [new Float32Array(), 'the probes have 0 entries, expected one or more rows of 5'],
    [new Float32Array(7), 'the probes have 7 entries, expected one or more rows of 5'],
    [Float32Array.of(0, 0, 0, 0, 0, 0, NaN, 0, 0, 0), 'entry 1 of probe 1 is NaN, expected a finite number'],
  ])('are refused unless they are observations: %s', async (probes, message) => {
    await expect(verifyPolicy(agent, await policyOf(), { probes })).rejects.toThrow(message);
  });
});

describe('an agent that is broken itself', () => {
  test('is not called a bug of the export', async () => {
    const policy = await policyOf();
    const diverged: Actor = {
      ...agent,
      act: (rows) =>
        Promise.resolve(new Float32Array((rows.length / observationSpace.size) * 3).fill(Number.NaN)),
    };
    const verified = verifyPolicy(diverged, policy);
    await expect(verified).rejects.toThrow(
      "the agent's own action is NaN in entry 0 of row 0, so there is nothing to compare policy.onnx with. The agent has diverged",
    );
    await expect(verified).rejects.not.toThrow('bug');
  });
});

test('spaces of another environment than the one that was trained in are refused before a folder is made', async () => {
  const target = path.join(folder, 'new');
  const exported = (changed: Partial<Record<keyof PolicyMetadata, Box | undefined>>) =>
    exportAgent(agent, agent.deployment(), target, { ...metadata, ...changed } as PolicyMetadata);
  await expect(exported({ observationSpace: box({ low: -1, high: 1, shape: [4] }) })).rejects.toThrow(
    'export: observationSpace of the metadata has 4 entries, expected 5 as the agent has. Give the space of the environment that it was trained in.',
  );
  await expect(exported({ actionSpace: box({ low: -1, high: 1, shape: [2] }) })).rejects.toThrow(
    'export: actionSpace of the metadata has 2 entries, expected 3 as the agent has.',
  );
  await expect(exported({ actionSpace: undefined })).rejects.toThrow(
    'export: actionSpace of the metadata has no box, expected 3',
  );
  expect(existsSync(target)).toBe(false);
});
