import { adam } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { defineAlgorithm } from '@meow-rl/learner';
import type { LossInputs } from '@meow-rl/learner';
import { modules } from '@meow-rl/nn';

import { bootstrapped, qLoss, qNetwork, qValues } from './critics.ts';
import { DDPG_SETTINGS } from './ddpg-settings.ts';
import {
  DETERMINISTIC_TERMS,
  deterministicActing,
  deterministicPolicy,
  policyStage,
} from './deterministic-policy.ts';
import type { DeterministicNetworks } from './deterministic-policy.ts';

/** A deterministic policy and one critic. */
export type DdpgNetworks = DeterministicNetworks;

/**
 * The target, without gradient: `y = r + d Q̄(s′, μ̄(s′))`.
 *
 * Reference: Lillicrap et al., Continuous control with deep reinforcement learning (2016), algorithm 1.
 */
export function deterministicTarget({ batch, targets }: LossInputs<DdpgNetworks>): Tensor {
  const nextAction = targets.actor(batch.nextObservation);
  return bootstrapped(batch, qValues(targets.critics, batch.nextObservation, nextAction).q1);
}

/**
 * Deep Deterministic Policy Gradient: TD3 with one critic, no noise on the target policy and, by default, no delay.
 *
 * Reference: Lillicrap et al., Continuous control with deep reinforcement learning (2016), algorithm 1.
 */
export const ddpg = defineAlgorithm({
  name: 'ddpg',
  module: import.meta.url,
  settings: DDPG_SETTINGS,
  networks: (sizes, { hidden }): DdpgNetworks => ({
    actor: deterministicPolicy(sizes, hidden),
    critics: modules({ q1: qNetwork('q1', sizes, hidden) }),
  }),
  stages: (_, config) => [
    {
      trains: { critics: adam({ learningRate: config.qLearningRate }) },
      loss: (inputs) => qLoss(inputs, deterministicTarget(inputs)),
    },
    policyStage(config),
  ],
  acting: (_, { explorationNoise }) => deterministicActing(explorationNoise),
  terms: DETERMINISTIC_TERMS,
});
