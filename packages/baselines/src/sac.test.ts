import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { NonFiniteError } from '@meow-rl/learner';
import { randomBatch } from '@meow-rl/learner/testing';
import { createGenerator } from '@meow-rl/random';
import type { TransitionBatch } from '@meow-rl/replay';
import { describe, expect, it, onTestFinished } from 'vitest';

import { createSacAgent } from './index.ts';
import type { SacAgent, SacConfig } from './index.ts';
import { oneStepBatch } from './testing/one-step-batch.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const SMALL = { hidden: [8, 8], batchSize: 8 };
const batchOf = (seed: number) => randomBatch(seed, 8, sizes);

async function agentWith(
  config: Partial<SacConfig>,
  { observationSize, actionSize } = sizes,
): Promise<SacAgent> {
  const options = { runtime: onnxRuntimeNode(), observationSize, actionSize, seed: 3 };
  const agent = await createSacAgent({ ...options, config: { ...SMALL, ...config } });
  onTestFinished(() => agent.dispose());
  return agent;
}

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );

describe('the temperature', () => {
  it('moves towards the target entropy, whichever side of it the policy is on', async () => {
    for (const [targetEntropyPerAction, direction] of [
      [-20, -1],
      [20, 1],
    ] as const) {
      const agent = await agentWith({ targetEntropyPerAction, initialTemperature: 0.5 });
      let last = await agent.update(batchOf(1));
      expect(last['temperature']).toBeCloseTo(0.5, 6);
      for (let i = 2; i <= 10; i += 1) last = await agent.update(batchOf(i));
      expect(Math.sign((last['temperature'] ?? Number.NaN) - 0.5)).toBe(direction);
    }
  });

  it('stays where it starts, and is not reported as trained, with tuneTemperature false', async () => {
    const agent = await agentWith({ tuneTemperature: false, initialTemperature: 0.3 });
    const start = agent.parameters()['logAlpha'];
    for (let i = 1; i <= 5; i += 1) {
      const metrics = await agent.update(batchOf(i));
      expect(metrics['temperature']).toBeCloseTo(0.3, 6);
      expect(Object.keys(metrics).filter((name) => name.startsWith('temperature'))).toEqual(['temperature']);
    }
    expect(agent.parameters()['logAlpha']).toEqual(start);
    expect(Array.from(start?.data ?? [], Math.exp)).toEqual([expect.closeTo(0.3, 6)]);
    const saved = Object.keys(agent.state().tensors).filter((name) => name.startsWith('temperature/'));
    expect(saved).toEqual(['temperature/parameters/logAlpha']);
  });
});

describe('an update that is not finite', () => {
  it('is blamed on the first term that is not', async () => {
    const agent = await agentWith({ qLearningRate: 1e10 });
    await agent.update(batchOf(1));
    const error = await errorOf(agent.update(batchOf(2)));
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error).toMatchObject({ update: 2, term: "the critics' loss" });
    expect(error).toHaveProperty(
      'message',
      expect.stringContaining(
        'Training has diverged: lower policyLearningRate, qLearningRate or temperatureLearningRate, or scale the rewards down',
      ),
    );
  });

  it('is to be helped by what has an effect alone', async () => {
    const agent = await agentWith({ qLearningRate: 1e10, tuneTemperature: false });
    await agent.update(batchOf(1));
    expect(await errorOf(agent.update(batchOf(2)))).toHaveProperty(
      'message',
      expect.stringContaining('lower policyLearningRate or qLearningRate, or scale the rewards down'),
    );
  });

  it('is blamed on what is too large where nothing was learned yet', async () => {
    const agent = await agentWith({});
    const batch = batchOf(1);
    batch.rewards.fill(-1e30);
    const error = await errorOf(agent.update(batch));
    expect(error).toMatchObject({
      update: 1,
      term: "the critics' loss",
      message: expect.stringMatching(
        /^sac: the critics' loss became Infinity in update 1\. It is the first one, .* rewards up to 1\.0e\+30, nextObservations up to \d\.\d+, initialTemperature 1\. Bring observations and rewards to the order of 1, and initialTemperature with them\.$/,
      ),
    });
  });
});

it('refuses bounds of the standard deviation that leave nothing between them', async () => {
  await expect(agentWith({ logStdMin: 1, logStdMax: 1 })).rejects.toThrow(
    'sac: logStdMin must be less than logStdMax, got 1 and 1.',
  );
});

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** One step of which the state, −1 or 1, says which action is best: half of it. */
const rewardOf = (state: number, action: number): number => -5 * (action - state / 2) ** 2;

it(
  'learns the best action of each state, its value and the entropy that it is to keep',
  { timeout: 60_000 },
  async () => {
    const BATCH = 64;
    const TARGET_ENTROPY = -0.5;
    const one = { observationSize: 1, actionSize: 1 };
    const agent = await agentWith(
      {
        hidden: [32, 32],
        batchSize: BATCH,
        policyLearningRate: 3e-3,
        qLearningRate: 3e-3,
        temperatureLearningRate: 1e-2,
        targetEntropyPerAction: TARGET_ENTROPY,
      },
      one,
    );
    const random = createGenerator(1);
    const batch = async (): Promise<TransitionBatch> => {
      const observations = Float32Array.from({ length: BATCH }, () => 2 * random.integer(2) - 1);
      const actions = await agent.act(observations, { deterministic: false });
      return oneStepBatch(observations, actions, rewardOf);
    };
    const entropies: number[] = [];
    const temperatures: number[] = [];
    for (let update = 1; update <= 1200; update += 1) {
      const { entropy = Number.NaN, temperature = Number.NaN } = await agent.update(await batch());
      if (update > 1000) {
        entropies.push(entropy);
        temperatures.push(temperature);
      }
    }
    const states = Float32Array.of(-1, 1);
    const best = await agent.act(states, { deterministic: true });
    expect(Math.abs((best[0] ?? 0) + 0.5)).toBeLessThan(0.1);
    expect(Math.abs((best[1] ?? 0) - 0.5)).toBeLessThan(0.1);
    // Where the policy acts.
    for (const offset of [-0.15, 0, 0.15]) {
      const actions = states.map((state) => state / 2 + offset);
      const { q1, q2 } = await agent.critic(states, actions);
      for (const q of [q1, q2])
        for (const [i, state] of states.entries())
          expect(Math.abs((q[i] ?? Number.NaN) - rewardOf(state, actions[i] ?? Number.NaN))).toBeLessThan(
            0.1,
          );
    }
    expect(Math.abs(mean(entropies) - TARGET_ENTROPY)).toBeLessThan(0.1);
    // π ∝ exp(r / α) is normal with variance α / 10, whose entropy is ½ log(2π e α / 10).
    const temperature = (10 * Math.exp(2 * TARGET_ENTROPY)) / (2 * Math.PI * Math.E);
    expect(Math.abs(mean(temperatures) / temperature - 1)).toBeLessThan(0.2);
  },
);
