import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { randomBatch } from '@meow-rl/learner/testing';
import { expect, it, onTestFinished } from 'vitest';

import { createDdpgAgent, createTd3Agent } from './index.ts';
import type { DdpgConfig } from './index.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const batchOf = (seed: number) => randomBatch(seed, 8, sizes);
const setup = { runtime: onnxRuntimeNode(), ...sizes, seed: 3 };
const SMALL = { hidden: [8, 8], batchSize: 8 };

async function agentWith(config: Partial<DdpgConfig> = {}) {
  const agent = await createDdpgAgent({ ...setup, config: { ...SMALL, ...config } });
  onTestFinished(() => agent.dispose());
  return agent;
}

it('is TD3 without its tricks: with two equal critics, no noise and no delay that makes the same policy', async () => {
  const agent = await agentWith();
  const plain = { ...SMALL, targetNoise: 0, targetNoiseClip: 0, policyDelay: 1 };
  const twin = await createTd3Agent({ ...setup, config: plain });
  onTestFinished(() => twin.dispose());
  const start = agent.parameters();
  const second = Object.entries(start).filter(([name]) => name.startsWith('q1'));
  twin.loadParameters({
    ...start,
    ...Object.fromEntries(second.map(([name, value]) => [name.replace('q1', 'q2'), value])),
  });
  for (let update = 1; update <= 5; update += 1) {
    const [one, two] = [await agent.update(batchOf(update)), await twin.update(batchOf(update))];
    expect(two['meanQ']).toBeCloseTo(one['meanQ'] ?? Number.NaN, 5);
    expect(two['criticLoss']).toBeCloseTo(2 * (one['criticLoss'] ?? Number.NaN), 4);
    expect(two['actorLoss']).toBeCloseTo(one['actorLoss'] ?? Number.NaN, 5);
  }
  for (const [name, { data }] of Object.entries(agent.parameters()))
    for (const [i, value] of Array.from(data).entries())
      expect(twin.parameters()[name]?.data[i], name).toBeCloseTo(value, 5);
});

it("policyDelay 2 is CleanRL's: policy and targets move in every second update", async () => {
  const agent = await agentWith({ policyDelay: 2 });
  const start = agent.parameters();
  expect(await agent.update(batchOf(1))).not.toHaveProperty('actorLoss');
  expect(agent.targetParameters()).toEqual(start);
  expect(agent.parameters()['actor.0.weight']).toEqual(start['actor.0.weight']);
  expect(await agent.update(batchOf(2))).toHaveProperty('actorLoss');
  for (const name of Object.keys(start))
    expect(agent.targetParameters()[name], name).not.toEqual(start[name]);
});

it.each<[Partial<DdpgConfig> & { targetNoise?: number }, string]>([
  [{ targetNoise: 0.2 }, 'ddpg: unknown option targetNoise. Known: gamma, tau, '],
  [{ explorationNoise: 3 }, 'ddpg: explorationNoise must be a number from 0 to 2, got 3.'],
  [{ policyDelay: -1 }, 'ddpg: policyDelay must be a positive integer, got -1.'],
])('%j are refused', async (config, message) => {
  await expect(agentWith(config)).rejects.toThrow(message);
});
