import { referenceRuntime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { NonFiniteError } from '@meow-rl/learner';
import { randomBatch, randomValues } from '@meow-rl/learner/testing';
import { expectClose } from '@meow-rl/nn/testing';
import { createGenerator } from '@meow-rl/random';
import { afterEach, describe, expect, it } from 'vitest';

import { createMeowAgent, MEOW_DEFAULTS } from './index.ts';
import type { MeowAgent, MeowAgentOptions } from './index.ts';
import { SMALL, smallAlgorithm } from './testing/small.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const ROWS = 8;
const runtime = onnxRuntimeNode();
const opened: MeowAgent[] = [];

async function smallAgent(options: Partial<MeowAgentOptions> = {}): Promise<MeowAgent> {
  const agent = await createMeowAgent({
    runtime,
    ...sizes,
    ...options,
    config: { ...SMALL, dropout: 0.2, ...options.config },
  });
  opened.push(agent);
  return agent;
}

afterEach(async () => {
  for (const agent of opened.splice(0)) await agent.dispose();
});

const batchOf = (seed: number) => randomBatch(seed, ROWS, sizes);
const { observations, actions } = batchOf(100);
const sampling = { deterministic: false } as const;
const best = { deterministic: true } as const;

const sampled = async (agent: MeowAgent) => Array.from(await agent.act(observations, sampling));

/** An agent with random parameters instead of its start values. */
async function randomAgent(options: Partial<MeowAgentOptions> = {}): Promise<MeowAgent> {
  const agent = await smallAgent(options);
  agent.loadParameters(randomValues(smallAlgorithm(sizes, options.config), 1));
  return agent;
}

/** Everything that an agent shows in a few updates and actions. */
async function record(agent: MeowAgent): Promise<unknown[]> {
  const shown: unknown[] = [await agent.act(observations, sampling)];
  for (let seed = 0; seed < 4; seed++) {
    shown.push(await agent.update(batchOf(seed)));
    shown.push(await agent.act(observations, sampling), await agent.act(observations, best));
  }
  return [...shown, agent.parameters(), agent.targetParameters()];
}

describe('createMeowAgent', () => {
  it('gives the same bits for the same seed, and others for another', async () => {
    const first = await record(await smallAgent({ seed: 3 }));
    expect(await record(await smallAgent({ seed: 3 }))).toEqual(first);
    const other = await record(await smallAgent({ seed: 4 }));
    for (const [i, value] of other.entries()) expect(value, `entry ${i}`).not.toEqual(first[i]);
  });

  it('resolves its settings and refuses wrong ones', async () => {
    const agent = await smallAgent({ config: { alpha: 2 } });
    expect(agent.config).toEqual({ ...MEOW_DEFAULTS, ...SMALL, dropout: 0.2, alpha: 2 });
    expect([agent.algorithm, agent.observationSize, agent.actionSize]).toEqual(['meow', 3, 2]);
    await expect(smallAgent({ config: { tau: 2 } })).rejects.toThrow(RangeError);
  });

  it('does on onnxruntime-node what it does on the reference runtime', async () => {
    const [engine, reference] = [await smallAgent(), await smallAgent({ runtime: referenceRuntime })];
    for (let seed = 0; seed < 3; seed++) {
      const [made, expected] = [await engine.update(batchOf(seed)), await reference.update(batchOf(seed))];
      expectClose(Object.values(made), Object.values(expected), 1e-4, `update ${seed}`);
    }
    const [made, expected] = [await sampled(engine), await sampled(reference)];
    expectClose(made, expected, 1e-3);
  });
});

describe('values', () => {
  it('is consistent: (min(q1, q2) − value) / α = logProb', async () => {
    const agent = await randomAgent({ config: { alpha: 0.6 } });
    const { q1, q2, value, logProb } = await agent.critic(observations, actions);
    const expected = Array.from(q1, (q, i) => (Math.min(q, q2[i] ?? 0) - (value[i] ?? 0)) / 0.6);
    expectClose(Array.from(logProb), expected, 1e-4);
    expect(Array.from(value)).toEqual(Array.from(await agent.value(observations)));
    expect(q1).not.toEqual(q2);
  });

  it('follow each update', async () => {
    const agent = await randomAgent();
    const before = await agent.value(observations);
    await agent.update(batchOf(1));
    expect(await agent.value(observations)).not.toEqual(before);
  });

  it('refuse observations that are not whole rows of finite numbers', async () => {
    const agent = await smallAgent();
    await expect(agent.value(new Float32Array(4))).rejects.toThrow(
      'meow: observations has 4 entries, which is no multiple of 3.',
    );
    const given = observations.slice();
    given[4] = Number.NaN;
    await expect(agent.value(given)).rejects.toThrow(
      'meow: observations has NaN in entry 1 of row 1, expected finite 32-bit floats. Look in the environment',
    );
  });
});

describe('update', () => {
  it('reports the entropy with every hundredth update, by noise that depends on nothing else', async () => {
    const agent = await smallAgent();
    for (let update = 1; update < 100; update += 1)
      expect((await agent.update(batchOf(update)))['entropy']).toBeUndefined();
    const { entropy } = await agent.update(batchOf(100));
    const taken = await agent.act(observations, { deterministic: false, generator: createGenerator(100) });
    const { logProb } = await agent.critic(observations, taken);
    const noise = new Float32Array(ROWS * sizes.actionSize);
    createGenerator(100).fillNormal(noise);
    // −log π = ½ Σ ε² + what is left, and ½ Σ ε² is known to be A/2 in the mean.
    const quadratic = noise.reduce((sum, value) => sum + value ** 2, 0) / 2;
    const left = -logProb.reduce((sum, value) => sum + value, 0) - quadratic;
    expect(entropy).toBeCloseTo(sizes.actionSize / 2 + left / ROWS, 4);
  });

  it('reports an entropy that agrees with the mean of −log π over many samples', async () => {
    const agent = await smallAgent();
    let reported: number | undefined;
    for (let update = 1; update <= 100; update += 1)
      ({ entropy: reported } = await agent.update(batchOf(update)));
    const generator = createGenerator(5);
    const SAMPLES = 2000;
    let total = 0;
    const { observations: states } = batchOf(100);
    for (let i = 0; i < SAMPLES; i += 1) {
      const { logProb } = await agent.critic(
        states,
        await agent.act(states, { deterministic: false, generator }),
      );
      total -= logProb.reduce((sum, value) => sum + value, 0) / ROWS;
    }
    // What is left to sampling is the squash, in eight states.
    expect(Math.abs((reported ?? Number.NaN) - total / SAMPLES)).toBeLessThan(0.5);
  });

  it.each([
    [1e-6, 1],
    [1e6, 0],
  ])('with the clip at %d says %d for whether the gradient was clipped', async (gradClip, expected) => {
    const agent = await smallAgent({ config: { gradClip } });
    expect((await agent.update(batchOf(1)))['gradientClipped']).toBe(expected);
  });

  it.each(['latent', 'action'] as const)(
    'refuses actions that it would clip in silence, with coordinates %s',
    async (coordinates) => {
      const agent = await smallAgent({ config: { coordinates } });
      const batch = batchOf(1);
      const far = batch.actions.map(() => 1.5);
      const message = 'expected numbers from -1 to 1, in which agents act';
      await expect(agent.critic(batch.observations, far)).rejects.toThrow(message);
      // Latents are any numbers, and random actions become latents elsewhere.
      await expect(
        coordinates === 'latent' ? agent.replayed?.ofActions(far) : agent.update({ ...batch, actions: far }),
      ).rejects.toThrow(message);
    },
  );

  it('names the term that stopped being finite where the batch is to blame for nothing', async () => {
    // The bounds keep Q finite much longer.
    const agent = await smallAgent({
      config: { learningRate: 1e10, coordinates: 'action', couplingBound: 0, uniformShare: 0 },
    });
    await agent.update(batchOf(1));
    const error: unknown = await agent.update(batchOf(2)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error).toMatchObject({
      update: 2,
      term: 'the soft Q',
      // Not temperatureLearningRate, as the temperature is fixed.
      message: expect.stringContaining('Training has diverged: lower learningRate or gradClip, or scale'),
    });
  });

  it('blames what is too large where nothing was learned yet', async () => {
    const agent = await smallAgent();
    const batch = batchOf(1);
    batch.rewards.fill(-1e30);
    const error: unknown = await agent.update(batch).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      update: 1,
      term: 'the loss',
      message: expect.stringMatching(
        /^meow: the loss became Infinity in update 1\. It is the first one, so a scale is too large for 32-bit floats: observations up to \d\.\d+, rewards up to 1\.0e\+30, nextObservations up to \d\.\d+, alpha 0\.\d+, logSigmaMin -\d+\. Bring observations and rewards/,
      ),
    });
  });
});
