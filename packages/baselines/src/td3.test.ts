import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { randomBatch } from '@meow-rl/learner/testing';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createTd3Agent } from './index.ts';
import type { Td3Agent, Td3Config } from './index.ts';
import { oneStepBatch } from './testing/one-step-batch.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const ROWS = 8;
const batchOf = (seed: number) => randomBatch(seed, ROWS, sizes);
const { observations } = batchOf(100);

async function agentWith(config: Partial<Td3Config>): Promise<Td3Agent> {
  const small = { hidden: [8, 8], batchSize: ROWS };
  const agent = await createTd3Agent({
    runtime: onnxRuntimeNode(),
    ...sizes,
    seed: 3,
    config: { ...small, ...config },
  });
  onTestFinished(() => agent.dispose());
  return agent;
}

const namesOf = (agent: Td3Agent, network: string) =>
  Object.keys(agent.parameters()).filter((name) => name.startsWith(network));

describe('the policy and the targets', () => {
  it('move in every policyDelay-th update alone, the critics in each', async () => {
    const agent = await agentWith({ policyDelay: 3 });
    for (let update = 1; update <= 7; update += 1) {
      const [before, targetsBefore] = [agent.parameters(), agent.targetParameters()];
      const metrics = await agent.update(batchOf(update));
      const [after, targetsAfter] = [agent.parameters(), agent.targetParameters()];
      const isTrained = update % 3 === 0;
      for (const name of namesOf(agent, 'q1'))
        expect(after[name], `${name} in update ${update}`).not.toEqual(before[name]);
      for (const name of namesOf(agent, 'actor')) {
        const [then, now] = [before[name], after[name]];
        if (isTrained) expect(now, `${name} in update ${update}`).not.toEqual(then);
        else expect(now, `${name} in update ${update}`).toEqual(then);
      }
      for (const name of Object.keys(targetsBefore)) {
        const [then, now] = [targetsBefore[name], targetsAfter[name]];
        if (isTrained) expect(now, `target of ${name} in update ${update}`).not.toEqual(then);
        else expect(now, `target of ${name} in update ${update}`).toEqual(then);
      }
      const ofPolicy = Object.keys(metrics).filter((name) => name.startsWith('actor'));
      expect(ofPolicy).toEqual(isTrained ? ['actorLoss', 'actorGradientNorm', 'actorParameterNorm'] : []);
    }
  });
});

describe('exploration', () => {
  it('adds noise of a standard deviation to the deterministic action, inside of −1 and 1', async () => {
    const agent = await agentWith({ explorationNoise: 0.05 });
    const rows = 2000;
    const repeated = Float32Array.from({ length: rows * 3 }, (_, i) => observations[i % 3] ?? 0);
    const mode = await agent.act(repeated, { deterministic: true });
    const sampled = await agent.act(repeated, { deterministic: false });
    const noise = sampled.map((action, i) => action - (mode[i] ?? Number.NaN));
    const mean = noise.reduce((sum, x) => sum + x, 0) / noise.length;
    const deviation = Math.sqrt(noise.reduce((sum, x) => sum + (x - mean) ** 2, 0) / noise.length);
    expect(Math.abs(mean)).toBeLessThan(0.005);
    expect(Math.abs(deviation - 0.05)).toBeLessThan(0.003);

    const wild = await agentWith({ explorationNoise: 2 });
    const actions = await wild.act(repeated, { deterministic: false });
    expect(Math.max(...actions)).toBe(1);
    expect(Math.min(...actions)).toBe(-1);
  });

  it('is none with explorationNoise 0', async () => {
    const agent = await agentWith({ explorationNoise: 0 });
    const mode = await agent.act(observations, { deterministic: true });
    expect(await agent.act(observations, { deterministic: false })).toEqual(mode);
  });

  it('has no density, so that the deterministic policy alone is deployed', async () => {
    const agent = await agentWith({});
    const { stochastic, policy, critic } = agent.deployment();
    expect(stochastic).toBeUndefined();
    expect(Object.keys(policy.outputs)).toEqual(['action']);
    expect(Object.keys(critic.outputs)).toEqual(['q1', 'q2']);
  });
});

/** Metrics of the first update, whose targets are the networks themselves. */
const firstUpdate = async (config: Partial<Td3Config>) => (await agentWith(config)).update(batchOf(1));

describe('smoothing of the target', () => {
  it('is none with targetNoise 0, and takes no noise then', async () => {
    const { meanTarget: plain } = await firstUpdate({ targetNoise: 0 });
    const { meanTarget: hardly } = await firstUpdate({ targetNoise: 1e-6 });
    const { meanTarget: smoothed } = await firstUpdate({});
    expect(hardly).toBeCloseTo(plain ?? Number.NaN, 5);
    expect(Math.abs((smoothed ?? Number.NaN) - (plain ?? Number.NaN))).toBeGreaterThan(1e-4);
  });

  it('is no more than targetNoiseClip', async () => {
    const { meanTarget: plain } = await firstUpdate({ targetNoise: 0 });
    const { meanTarget: clipped } = await firstUpdate({ targetNoise: 2, targetNoiseClip: 1e-6 });
    expect(clipped).toBeCloseTo(plain ?? Number.NaN, 5);
  });
});

describe('settings', () => {
  it.each([
    [
      { targetNoiseClip: 0 },
      'td3: targetNoiseClip must be above 0 with targetNoise 0.2, got 0. Only targetNoise 0 turns the smoothing off.',
    ],
    [
      { targetNoise: 3 },
      'td3: targetNoise must be a number from 0 to 2, got 3. Actions range from -1 to 1, so that 2 is all of their range.',
    ],
    [{ explorationNoise: -0.1 }, 'td3: explorationNoise must be a number from 0 to 2, got -0.1.'],
    [{ policyDelay: 0 }, 'td3: policyDelay must be a positive integer, got 0.'],
    [{ policyDelay: 1.5 }, 'td3: policyDelay must be a positive integer, got 1.5.'],
  ])('%j are refused', async (config, message) => {
    await expect(agentWith(config)).rejects.toThrow(message);
  });

  it('targetNoise and targetNoiseClip may both be 0', async () => {
    const agent = await agentWith({ targetNoise: 0, targetNoiseClip: 0 });
    expect(await agent.update(batchOf(1))).toHaveProperty('criticLoss');
  });
});

/** One step of which the state, −1 or 1, says which action is best: half of it. */
const rewardOf = (state: number, action: number): number => -5 * (action - state / 2) ** 2;

it('learns the best action of each state, and what it is worth', { timeout: 60_000 }, async () => {
  const BATCH = 64;
  const agent = await createTd3Agent({
    runtime: onnxRuntimeNode(),
    observationSize: 1,
    actionSize: 1,
    seed: 3,
    config: { hidden: [32, 32], batchSize: BATCH, policyLearningRate: 3e-3, qLearningRate: 3e-3 },
  });
  onTestFinished(() => agent.dispose());
  const random = createGenerator(1);
  for (let update = 1; update <= 600; update += 1) {
    const states = Float32Array.from({ length: BATCH }, () => 2 * random.integer(2) - 1);
    const actions = new Float32Array(BATCH);
    random.fillUniform(actions, -1, 1);
    await agent.update(oneStepBatch(states, actions, rewardOf));
  }
  const states = Float32Array.of(-1, 1);
  const best = await agent.act(states, { deterministic: true });
  expect(Math.abs((best[0] ?? 0) + 0.5)).toBeLessThan(0.1);
  expect(Math.abs((best[1] ?? 0) - 0.5)).toBeLessThan(0.1);
  for (const offset of [-0.3, 0, 0.3]) {
    const actions = states.map((state) => state / 2 + offset);
    for (const q of Object.values(await agent.critic(states, actions)))
      for (const value of q) expect(Math.abs(value + 5 * offset ** 2)).toBeLessThan(0.2);
  }
});
