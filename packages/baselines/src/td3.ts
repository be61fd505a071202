import { adam } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { defineAlgorithm, normal } from '@meow-rl/learner';
import type { LossInputs } from '@meow-rl/learner';
import { modules } from '@meow-rl/nn';

import { bootstrapped, qLoss, qNetwork, qValues, smallest } from './critics.ts';
import {
  DETERMINISTIC_TERMS,
  deterministicActing,
  deterministicPolicy,
  noisyAction,
  policyStage,
} from './deterministic-policy.ts';
import type { DeterministicNetworks } from './deterministic-policy.ts';
import { checkTd3Config, TD3_SETTINGS } from './td3-settings.ts';
import type { Td3Config } from './td3-settings.ts';

/** A deterministic policy and two critics. */
export type Td3Networks = DeterministicNetworks<'q2'>;

/**
 * The action of the target policy, smoothed: `a′ = clip(μ̄(s′) + clip(σ ε, −c, c), −1, 1)`.
 *
 * Reference: Fujimoto et al., Addressing Function Approximation Error in Actor-Critic Methods (2018), section 5.3.
 */
export function smoothedAction(
  { batch: { nextObservation }, targets, noise }: LossInputs<Td3Networks>,
  { targetNoise, targetNoiseClip }: Td3Config,
): Tensor {
  const action = targets.actor(nextObservation);
  return targetNoise > 0 ? noisyAction(action, noise('target'), targetNoise, targetNoiseClip) : action;
}

/**
 * The target of clipped double Q-learning, without gradient: `y = r + d min Q̄ᵢ(s′, a′)`.
 *
 * @param nextAction a′, [rows, A]
 *
 * Reference: Fujimoto et al., Addressing Function Approximation Error in Actor-Critic Methods (2018), equation 10.
 */
export const clippedDoubleQTarget = (
  { batch, targets }: LossInputs<Td3Networks>,
  nextAction: Tensor,
): Tensor => bootstrapped(batch, smallest(qValues(targets.critics, batch.nextObservation, nextAction)));

/**
 * Twin Delayed Deep Deterministic policy gradient.
 *
 * Reference: Fujimoto et al., Addressing Function Approximation Error in Actor-Critic Methods (2018), algorithm 1.
 */
export const td3 = defineAlgorithm({
  name: 'td3',
  module: import.meta.url,
  settings: TD3_SETTINGS,
  check: checkTd3Config,
  networks: (sizes, { hidden }): Td3Networks => ({
    actor: deterministicPolicy(sizes, hidden),
    critics: modules({ q1: qNetwork('q1', sizes, hidden), q2: qNetwork('q2', sizes, hidden) }),
  }),
  stages: ({ actionSize }, config) => [
    {
      trains: { critics: adam({ learningRate: config.qLearningRate }) },
      ...(config.targetNoise > 0 && { noise: { target: normal(actionSize) } }),
      loss: (inputs) => qLoss(inputs, clippedDoubleQTarget(inputs, smoothedAction(inputs, config))),
    },
    policyStage(config),
  ],
  acting: (_, { explorationNoise }) => deterministicActing<'q2'>(explorationNoise),
  terms: DETERMINISTIC_TERMS,
});
