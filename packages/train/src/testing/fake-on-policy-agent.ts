import type { Rollout } from '@meow-rl/replay';

import type { OnPolicyAgent } from '../contracts/on-policy-agent.ts';

/** A {@link fakeOnPolicyAgent} and what it was given. */
export interface FakeOnPolicyAgent extends OnPolicyAgent {
  /** Copies of the rollouts, with how far the run was. */
  readonly seen: { readonly rollout: Rollout; readonly progress: number }[];
}

/**
 * Test double of an on-policy agent: it samples twice what it does, 0.5 in every entry; the value of a state is ten times the
 * first entry of its observation.
 */
export function fakeOnPolicyAgent({
  observationSize = 1,
  actionSize = 1,
  minibatchSize = 1,
} = {}): FakeOnPolicyAgent {
  const seen: FakeOnPolicyAgent['seen'] = [];
  const rowsOf = (observations: Float32Array) => observations.length / observationSize;
  const valuesOf = (observations: Float32Array) =>
    Float32Array.from(
      { length: rowsOf(observations) },
      (_, row) => 10 * (observations[row * observationSize] ?? Number.NaN),
    );
  const actions = (observations: Float32Array) =>
    new Float32Array(rowsOf(observations) * actionSize).fill(0.5);
  return {
    algorithm: 'fake',
    observationSize,
    actionSize,
    minibatchSize,
    seen,
    act: async (observations) => actions(observations),
    explore: async (observations) => ({
      actions: actions(observations),
      sampled: actions(observations).map((action) => 2 * action),
      logProbs: new Float32Array(rowsOf(observations)).fill(-1),
      values: valuesOf(observations),
    }),
    value: async (observations) => valuesOf(observations),
    async update(rollout, progress) {
      seen.push({ rollout: structuredClone(rollout), progress });
      return { updates: 2, metrics: { meanReward: rollout.rewards.reduce((sum, r) => sum + r, 0) } };
    },
    async dispose() {},
  };
}
