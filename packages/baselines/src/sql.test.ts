import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { NonFiniteError } from '@meow-rl/learner';
import { randomBatch } from '@meow-rl/learner/testing';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createSqlAgent } from './index.ts';
import type { SqlAgent, SqlConfig } from './index.ts';
import { oneStepBatch } from './testing/one-step-batch.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const SMALL = { hidden: [8, 8], batchSize: 8 };
const batchOf = (seed: number) => randomBatch(seed, 8, sizes);

async function agentWith(
  config: Partial<SqlConfig>,
  { observationSize, actionSize } = sizes,
): Promise<SqlAgent> {
  const options = { runtime: onnxRuntimeNode(), observationSize, actionSize, seed: 3 };
  const agent = await createSqlAgent({ ...options, config: { ...SMALL, ...config } });
  onTestFinished(() => agent.dispose());
  return agent;
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, x) => total + x, 0) / values.length;

/** Repeats one row. */
const rowsOf = (row: readonly number[], rows: number): Float32Array =>
  Float32Array.from({ length: rows * row.length }, (_, i) => row[i % row.length] ?? 0);

describe('the deterministic action', () => {
  const observation = [0.3, -0.7, 1.1];

  it('is the best by Q of the candidates, the first of which is that without noise', async () => {
    const act = async (candidates: number) => {
      const agent = await agentWith({ candidates });
      const action = await agent.act(Float32Array.from(observation), { deterministic: true });
      const { q1 } = await agent.critic(Float32Array.from(observation), action);
      return { action: Array.from(action), q: q1[0] ?? Number.NaN };
    };
    const played = [await act(1), await act(4), await act(64)];
    const [one, four, many] = played.map(({ q }) => q);
    expect(four).toBeGreaterThan(one ?? 0);
    expect(many).toBeGreaterThan(four ?? 0);

    const agent = await agentWith({});
    const rows = 4000;
    const observations = rowsOf(observation, rows);
    const sampled = await agent.act(observations, { deterministic: false });
    const { q1 } = await agent.critic(observations, sampled);
    // Among 64 of them, and neither outside of what is sampled nor at an ordinary place.
    const better = q1.filter((q) => q > (many ?? 0)).length / rows;
    expect(better).toBeLessThan(0.08);
    expect(Math.max(...q1)).toBeGreaterThan(many ?? Infinity);
    expect(played[0]?.action).not.toEqual(played[2]?.action);
  });

  it('is the same in every agent, for each row by itself', async () => {
    const [agent, other] = [await agentWith({}), await agentWith({})];
    const { observations } = batchOf(1);
    const actions = await agent.act(observations, { deterministic: true });
    expect(await other.act(observations, { deterministic: true })).toEqual(actions);
    for (let row = 0; row < 8; row += 1) {
      const alone = await agent.act(observations.slice(3 * row, 3 * row + 3), { deterministic: true });
      for (const [i, x] of alone.entries()) expect(x).toBeCloseTo(actions[2 * row + i] ?? Number.NaN, 5);
    }
  });
});

it('scales rewards: with twice the reward and half the scale it learns the same', async () => {
  const [agent, other] = [await agentWith({ rewardScale: 5 }), await agentWith({ rewardScale: 2.5 })];
  for (let i = 1; i <= 3; i += 1) {
    const batch = batchOf(i);
    const doubled = { ...batch, rewards: batch.rewards.map((reward) => 2 * reward) };
    expect(await other.update(doubled)).toEqual(await agent.update(batch));
  }
  expect(other.state()).toEqual(agent.state());
});

it('gives the errors that prioritized replay goes by, and weighs them as it says', async () => {
  const [agent, weighted] = [await agentWith({ gamma: 0 }), await agentWith({ gamma: 0 })];
  const batch = { ...batchOf(1), discounts: new Float32Array(8) };
  const { q1 } = await agent.critic(batch.observations, batch.actions);
  const { criticLoss } = await agent.update(batch);
  const errors = Array.from(batch.rewards, (reward, i) => Math.abs((q1[i] ?? Number.NaN) - reward));
  for (const [i, error] of agent.tdErrors().entries()) expect(error).toBeCloseTo(errors[i] ?? Number.NaN, 5);
  expect(criticLoss).toBeCloseTo(mean(errors.map((error) => error ** 2 / 2)), 5);

  const weights = Float32Array.from({ length: 8 }, (_, i) => i / 4);
  const metrics = await weighted.update({ ...batch, weights });
  const losses = errors.map((error, i) => ((weights[i] ?? 0) * error ** 2) / 2);
  expect(metrics['criticLoss']).toBeCloseTo(mean(losses), 5);
});

describe('an update that is not finite', () => {
  it('is blamed on the first term that is not', async () => {
    const agent = await agentWith({ learningRate: 3e6 });
    await agent.update(batchOf(1));
    const update = agent.update(batchOf(2));
    await expect(update).rejects.toBeInstanceOf(NonFiniteError);
    await expect(update).rejects.toThrow(
      'Training has diverged: lower learningRate, or scale the rewards down',
    );
  });

  it('is blamed on a reward that is far out, also later', async () => {
    const agent = await agentWith({});
    await agent.update(batchOf(1));
    const batch = batchOf(2);
    batch.rewards[3] = 1e30;
    await expect(agent.update(batch)).rejects.toThrow(
      /^sql: .* in update 2\. Its inputs are too large for 32-bit floats: observations up to .*, rewards up to 1\.0e\+30, nextObservations up to .*, rewardScale \d+, alpha \d+\. Look at what gave the rewards, and bring them to the order of 1\.$/,
    );
  });

  it('is blamed on what is too large where nothing was learned yet', async () => {
    const agent = await agentWith({ rewardScale: 1e10 });
    const batch = batchOf(1);
    batch.rewards.fill(-1e30);
    const update = agent.update(batch);
    await expect(update).rejects.toMatchObject({ update: 1, term: 'the target y' });
    await expect(update).rejects.toThrow('rewardScale 10000000000');
  });
});

it('refuses settings that it cannot learn with', async () => {
  await expect(agentWith({ fixedParticles: 1 })).rejects.toThrow(
    "sql: fixedParticles must be a whole number from 2 to 256, got 1. The kernel's bandwidth is divided by the logarithm of it.",
  );
  await expect(agentWith({ updatedParticles: 0 })).rejects.toThrow(
    'sql: updatedParticles must be a whole number from 1 to 256, got 0.',
  );
  await expect(agentWith({ candidates: 1e9 })).rejects.toThrow(
    'sql: candidates must be a whole number from 1 to 1024, got 1000000000.',
  );
  await expect(agentWith({ alpha: 0 })).rejects.toThrow(
    'sql: alpha must be a number from 1e-10 to 1e10, got 0.',
  );
});

/** Two actions are best, −½ and ½. */
const rewardOf = (action: number): number => -10 * (Math.abs(action) - 0.5) ** 2;
const ALPHA = 0.5;
/** What the sampler is to come to: exp(Q / α), and the slope of the squash, see docs/algorithms/sql.md. */
const densityOf = (action: number): number => Math.exp(rewardOf(action) / ALPHA) * (1 - action ** 2);

it(
  'learns to sample both of two best actions, as widely as the temperature says, and the soft value',
  { timeout: 60_000 },
  async () => {
    const BATCH = 64;
    const one = { observationSize: 1, actionSize: 1 };
    const agent = await agentWith(
      { hidden: [32, 32], batchSize: BATCH, learningRate: 3e-3, alpha: ALPHA, gamma: 0.9 },
      one,
    );
    const random = createGenerator(1);
    const states = new Float32Array(BATCH).fill(1);
    const nextValues: number[] = [];
    for (let update = 1; update <= 2000; update += 1) {
      const actions = new Float32Array(BATCH);
      random.fillUniform(actions, -1, 1);
      const batch = oneStepBatch(states, actions, (_, action) => rewardOf(action));
      const { meanNextValue = Number.NaN } = await agent.update(batch);
      if (update > 1900) nextValues.push(meanNextValue);
    }

    const grid = Array.from({ length: 2001 }, (_, i) => -1 + i / 1000);
    const total = mean(grid.map(densityOf));
    const expected = (of: (action: number) => number) =>
      mean(grid.map((action) => densityOf(action) * of(action))) / total;

    const SAMPLES = 4000;
    const sampled = await agent.act(new Float32Array(SAMPLES).fill(1), { deterministic: false });
    const right = sampled.filter((action) => action > 0).length / SAMPLES;
    expect(Math.abs(right - 0.5)).toBeLessThan(0.15);
    expect(Math.abs(mean(sampled.map(Math.abs)) - expected(Math.abs))).toBeLessThan(0.08);
    const spread = Math.sqrt(mean(sampled.map((action) => (Math.abs(action) - 0.5) ** 2)));
    const expectedSpread = Math.sqrt(expected((action) => (Math.abs(action) - 0.5) ** 2));
    expect(Math.abs(spread / expectedSpread - 1)).toBeLessThan(0.3);
    const [best = 0] = await agent.act(Float32Array.of(1), { deterministic: true });
    expect(Math.abs(Math.abs(best) - 0.5)).toBeLessThan(0.1);
    // V = α log ∫ exp(r / α), of a state whose transitions end.
    const value = ALPHA * Math.log(2 * mean(grid.map((action) => Math.exp(rewardOf(action) / ALPHA))));
    expect(Math.abs(mean(nextValues) - value)).toBeLessThan(0.1);
  },
);
