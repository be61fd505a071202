import { expect, it } from 'vitest';

import type { Rollout } from '@meow-rl/replay';

import { fakeOnPolicyAgent } from '../testing/fake-on-policy-agent.ts';
import { normalizedOnPolicyAgent } from './normalized-on-policy-agent.ts';
import { observationNormalizer } from './observation-normalizer.ts';
import { rewardScaler } from './reward-scaler.ts';

const rolloutOf = (observations: readonly number[], rewards: readonly number[]): Rollout => ({
  steps: 2,
  numEnvs: 2,
  observations: Float32Array.from(observations),
  actions: new Float32Array(4),
  logProbs: new Float32Array(4),
  values: new Float32Array(4),
  rewards: Float32Array.from(rewards),
  nextValues: new Float32Array(4),
  terminated: new Uint8Array(4),
  done: Uint8Array.of(0, 1, 0, 0),
});

it('acts and learns by statistics that stand still in between', async () => {
  const agent = fakeOnPolicyAgent();
  const observations = observationNormalizer({ size: 1, epsilon: 1e-12 });
  const normalized = normalizedOnPolicyAgent(agent, { observations });
  const state = Float32Array.of(4);
  const values = async () => [
    ...(await normalized.explore(state)).values,
    ...(await normalized.value(state)),
  ];
  expect(await values()).toEqual([40, 40]);
  // Mean 4, standard deviation 2.
  await normalized.update(rolloutOf([2, 2, 6, 6], [1, 1, 1, 1]), 0);
  expect([...(agent.seen[0]?.rollout.observations ?? [])]).toEqual([2, 2, 6, 6]);
  expect(await values()).toEqual([0, 0]);
  await normalized.update(rolloutOf([2, 4, 6, 8], [1, 1, 1, 1]), 0.5);
  expect([...(agent.seen[1]?.rollout.observations ?? [])]).toEqual([-1, 0, 1, 2]);
  expect(agent.seen[1]?.progress).toBe(0.5);
});

it('scales rewards by the spread of the returns, those of the rollout among them', async () => {
  const agent = fakeOnPolicyAgent();
  const rewards = rewardScaler({ numEnvs: 2, gamma: 0.5, epsilon: 1e-12 });
  const normalized = normalizedOnPolicyAgent(agent, { rewards });
  // Returns: 2 and 6; then 5 and, in a new episode, 3. Their variance is 2.5.
  await normalized.update(rolloutOf([0, 0, 0, 0], [2, 6, 4, 3]), 0);
  const scaled = agent.seen[0]?.rollout.rewards ?? [];
  for (const [i, reward] of [2, 6, 4, 3].entries()) expect(scaled[i]).toBeCloseTo(reward / Math.sqrt(2.5), 6);
});

it('refuses a normalizer of another size', () => {
  const observations = observationNormalizer({ size: 2 });
  expect(() => normalizedOnPolicyAgent(fakeOnPolicyAgent(), { observations })).toThrow(
    'the normalizer is for 2 entries, expected 1',
  );
});

it('says what the agent says of its deterministic action', () => {
  const agent = fakeOnPolicyAgent();
  expect(normalizedOnPolicyAgent({ ...agent, withoutMode: 'Sample.' }, {}).withoutMode).toBe('Sample.');
  expect(normalizedOnPolicyAgent(agent, {})).not.toHaveProperty('withoutMode');
});
