import type { Rollout } from '@meow-rl/replay';

import type { OnPolicyAgent } from '../contracts/on-policy-agent.ts';
import { checkNormalizerSize } from './normalized-agent.ts';
import type { NormalizedAgentOptions } from './normalized-agent.ts';
import type { RewardScaler } from './reward-scaler.ts';

/**
 * An on-policy agent that takes raw observations and rewards and hands them on normalized. Rollout buffer, loop and evaluation
 * see raw numbers only.
 *
 * Within a rollout the statistics of observations stand still, so that all its probabilities and values are of one function
 * of raw observations, and learning sees what acting saw. They take in the rollout after it was learned from. Those of the
 * returns take it in before, for the policy doesn't see rewards.
 *
 * @throws RangeError if the normalizer is of another size than the agent
 *
 * Reference: Freeman et al., Brax (2021), whose PPO updates its statistics once a rollout too; Stable-Baselines3's VecNormalize
 * and Gymnasium's wrappers do so at every step.
 */
export function normalizedOnPolicyAgent(
  agent: OnPolicyAgent,
  { observations: normalizer, rewards: scaler }: NormalizedAgentOptions,
): OnPolicyAgent {
  checkNormalizerSize(agent, normalizer);
  const { algorithm, observationSize, actionSize, minibatchSize, withoutMode } = agent;
  const normalize = (rows: Float32Array) => (normalizer ? normalizer.normalize(rows) : rows);
  return {
    algorithm,
    observationSize,
    actionSize,
    minibatchSize,
    ...(withoutMode !== undefined && { withoutMode }),
    act: (observations, options) => agent.act(normalize(observations), options),
    explore: (observations) => agent.explore(normalize(observations)),
    value: (observations) => agent.value(normalize(observations)),
    async update(rollout, progress) {
      const observations = normalize(rollout.observations);
      const rewards = scaler ? scaledRewards(rollout, scaler) : rollout.rewards;
      const made = await agent.update({ ...rollout, observations, rewards }, progress);
      normalizer?.observe(rollout.observations);
      return made;
    },
    dispose: () => agent.dispose(),
  };
}

/** Takes the rewards of a rollout into the statistics, step by step, and scales them. */
function scaledRewards({ rewards, done, numEnvs, steps }: Rollout, scaler: RewardScaler): Float32Array {
  const rows = Array.from({ length: numEnvs }, (_, row) => row);
  for (let step = 0; step < steps; step += 1) {
    const [from, to] = [step * numEnvs, (step + 1) * numEnvs];
    scaler.observe(rewards.subarray(from, to), rows, done.subarray(from, to));
  }
  return scaler.scale(rewards);
}
