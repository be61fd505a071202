import { vectorEnv, type AutoresetMode } from '@meow-rl/envs';
import { countingEnv } from '@meow-rl/envs/testing';
import { stream } from '@meow-rl/random';
import { replayBuffer } from '@meow-rl/replay';
import { describe, expect, it } from 'vitest';

import type { OffPolicyAgent } from './contracts/off-policy-agent.ts';
import { normalizedAgent } from './normalizers/normalized-agent.ts';
import { observationNormalizer } from './normalizers/observation-normalizer.ts';
import { seedStreams } from './seeds.ts';
import { fakeAgent } from './testing/fake-agent.ts';
import { trainOffPolicy } from './train-off-policy.ts';

const SEED = 1;
const WARMUP = 6;
const [OBSERVATION, ACTION] = [2, 1];

/** Test double: of an action a it keeps (a + 100, step of the observation) where it chose a itself, and (a + 200, -1) otherwise. */
function latentAgent() {
  const fake = fakeAgent();
  const widths = new Set<number>();
  const agent: OffPolicyAgent = {
    ...fake,
    replayed: {
      size: 2,
      async explore(observations) {
        const actions = Float32Array.from(
          { length: observations.length / OBSERVATION },
          (_, row) => 0.01 * (observations[OBSERVATION * row + 1] ?? Number.NaN),
        );
        const kept = Array.from(actions, (action, row) => [
          action + 100,
          observations[OBSERVATION * row + 1],
        ]);
        return { actions, replayed: Float32Array.from(kept.flat(), Number) };
      },
      ofActions: async (actions) =>
        Float32Array.from(Array.from(actions, (action) => [action + 200, -1]).flat()),
    },
    async update(batch) {
      widths.add(batch.actions.length / batch.rewards.length);
      return {};
    },
  };
  return { agent, fake, widths };
}

async function run(agent: OffPolicyAgent, actionSize: number, autoresetMode: AutoresetMode = 'same-step') {
  const replay = replayBuffer({
    capacity: 100,
    observationSize: OBSERVATION,
    actionSize,
    discount: 0.9,
    seed: 0,
  });
  const env = vectorEnv([countingEnv({ length: 2 }), countingEnv({ length: 3, end: 'terminated' })], {
    autoresetMode,
  });
  await trainOffPolicy({ agent, env, replay, steps: 30, warmup: WARMUP, batchSize: 4, seed: SEED });
  return replay.state().transitions;
}

describe('what replay keeps of actions', () => {
  it.each(['same-step', 'next-step', 'disabled'] as const)(
    'is what the agent gives with each action that it samples, and for each of the warm-up: %s',
    async (mode) => {
      const { agent, fake, widths } = latentAgent();
      const { actions, rewards, observations } = await run(agent, 2, mode);
      const sampled = Array.from(actions).filter((_, i) => i % 2 === 0 && i >= 2 * WARMUP);
      expect(sampled.length).toBeGreaterThanOrEqual(30 - WARMUP);
      // The environment's reward is the action that it got.
      for (const [row, reward] of rewards.entries()) {
        const kept = actions.subarray(2 * row, 2 * row + 2);
        const marks = row < WARMUP ? [200, -1] : [100, observations[OBSERVATION * row + 1]];
        expect(Array.from(kept)).toEqual([expect.closeTo(reward + Number(marks[0]), 4), marks[1]]);
      }
      // Batches hold it too, and nothing else was asked to act.
      expect([...widths]).toEqual([2]);
      expect(fake.acts).toEqual([]);
    },
  );

  it('leaves the actions of the warm-up themselves as they are', async () => {
    const { rewards } = await run(latentAgent().agent, 2);
    const expected = new Float32Array(WARMUP);
    stream(SEED, seedStreams.exploration).fillUniform(expected, -1, 1);
    expect(rewards.slice(0, WARMUP)).toEqual(expected);
  });

  it('is explored on standardized observations where the agent is normalized', async () => {
    const { agent } = latentAgent();
    const observations = observationNormalizer({ size: OBSERVATION });
    observations.observe(Float32Array.of(0, 0, 0, 20));
    const { replayed } = normalizedAgent(agent, { observations });
    const raw = Float32Array.of(0, 15);
    const [, step = Number.NaN] = observations.normalize(raw);
    expect(step).not.toBe(15);
    expect((await replayed?.explore(raw))?.replayed[1]).toBe(step);
    expect(await replayed?.ofActions(Float32Array.of(0.5))).toEqual(Float32Array.of(200.5, -1));
    expect(normalizedAgent(fakeAgent(), { observations })).not.toHaveProperty('replayed');
  });

  it('is refused where the buffer is for actions, or the agent gives another size', async () => {
    const { agent } = latentAgent();
    await expect(run(agent, ACTION)).rejects.toThrow(
      'trainOffPolicy: the replay buffer has actionSize = 1, expected 2: of an action the fake agent keeps as many entries, ' +
        'not the 1 of the action itself. Make the buffer with actionSize: agent.replayed.size.',
    );
    const { actions, ...sizes } = { actions: new Float32Array(2), size: 2 };
    const wrong = {
      ...sizes,
      explore: async () => ({ actions, replayed: actions }),
      ofActions: async () => actions,
    };
    await expect(run({ ...agent, replayed: wrong }, 2)).rejects.toThrow(
      "trainOffPolicy: what replay keeps of 2 actions has 2 entries, expected 4, 2 per action. Look at the agent's replayed.",
    );
  });
});
