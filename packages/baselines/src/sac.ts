import { adam, add, exp, mul, neg, stopGradient, sub } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { defineAlgorithm, normal } from '@meow-rl/learner';
import type { LossInputs, StageLoss } from '@meow-rl/learner';
import { modules, relu, scalar, squashedGaussianPolicy } from '@meow-rl/nn';
import type { Module, SquashedGaussianPolicy } from '@meow-rl/nn';

import { bootstrapped, qLoss, qNetwork, qValues, smallest } from './critics.ts';
import type { Critics } from './critics.ts';
import { shiftedCritics } from './reward-shift.ts';
import { checkSacConfig, SAC_SETTINGS } from './sac-settings.ts';
import type { SacConfig } from './sac-settings.ts';

/** A policy, two critics, and the logarithm of the temperature α. */
export type SacNetworks = {
  readonly actor: Module<SquashedGaussianPolicy>;
  readonly critics: Module<Critics<'q1' | 'q2'>>;
  readonly temperature: Module<Tensor>;
};

/**
 * The soft target, without gradient, with the newest policy and the critics' targets:
 *
 *     y = r + d (min Q̄ᵢ(s′, a′) − α log π(a′|s′)),   a′ ~ π(·|s′)
 *
 * @returns y [rows], and the next action that it is of
 *
 * Reference: Haarnoja et al., Soft Actor-Critic Algorithms and Applications (2018), equations 3 and 5.
 */
export function softQTarget({ batch, networks, targets, noise }: LossInputs<SacNetworks>) {
  const next = networks.actor.sample(batch.nextObservation, noise('nextAction'));
  const nextQ = smallest(qValues(targets.critics, batch.nextObservation, next.action));
  const nextValue = sub(nextQ, mul(exp(networks.temperature), next.logProb));
  return { y: bootstrapped(batch, nextValue), next };
}

/**
 * The policy's loss, and that of the temperature, which both are of the same sampled actions, a ~ π(·|s):
 *
 *     J_π = mean α log π(a|s) − min Qᵢ(s, a)
 *     J_α = mean −α (log π(a|s) + target entropy)
 *
 * Reference: Haarnoja et al., Soft Actor-Critic Algorithms and Applications (2018), equations 7 and 18.
 */
export function softPolicyLoss(
  { batch: { observation }, networks, noise, mean }: LossInputs<SacNetworks>,
  actionSize: number,
  { tuneTemperature, targetEntropyPerAction }: SacConfig,
): StageLoss<'actor' | 'temperature'> {
  const alpha = exp(networks.temperature);
  const { action, logProb } = networks.actor.sample(observation, noise('action'));
  const q = smallest(qValues(networks.critics, observation, action));
  const actor = mean(sub(mul(alpha, logProb), q));
  const target = actionSize * targetEntropyPerAction;
  const temperature = mean(mul(neg(alpha), stopGradient(add(logProb, target))));
  return {
    losses: { actor, ...(tuneTemperature && { temperature }) },
    metrics: {
      actorLoss: actor,
      ...(tuneTemperature && { temperatureLoss: temperature }),
      temperature: mean(alpha),
      entropy: neg(mean(logProb)),
    },
  };
}

/**
 * Soft Actor-Critic with two critics and an adjusted temperature.
 *
 * Reference: Haarnoja et al., Soft Actor-Critic Algorithms and Applications (2018), algorithm 1.
 */
export const sac = defineAlgorithm({
  name: 'sac',
  module: import.meta.url,
  settings: SAC_SETTINGS,
  check: checkSacConfig,
  networks: (
    sizes,
    { hidden, shifts, shiftHidden, initialTemperature, logStdMin, logStdMax },
  ): SacNetworks => {
    const layers = { hidden, activation: relu };
    return {
      actor: squashedGaussianPolicy({ name: 'actor', ...sizes, ...layers, logStdMin, logStdMax }),
      critics: shiftedCritics(
        modules({ q1: qNetwork('q1', sizes, hidden), q2: qNetwork('q2', sizes, hidden) }),
        shifts,
        sizes,
        shiftHidden,
      ),
      temperature: scalar('logAlpha', Math.log(initialTemperature)),
    };
  },
  stages: ({ actionSize }, config) => [
    {
      trains: { critics: adam({ learningRate: config.qLearningRate }) },
      targets: { critics: config.tau },
      noise: { nextAction: normal(actionSize) },
      // J_Q: equation 5
      loss: (inputs) => qLoss(inputs, softQTarget(inputs).y),
    },
    {
      trains: {
        actor: adam({ learningRate: config.policyLearningRate }),
        ...(config.tuneTemperature && {
          temperature: adam({ learningRate: config.temperatureLearningRate }),
        }),
      },
      noise: { action: normal(actionSize) },
      loss: (inputs) => softPolicyLoss(inputs, actionSize, config),
    },
  ],
  acting: () => ({
    sample: ({ actor }, observation, noise) => actor.sample(observation, noise),
    mode: ({ actor }, observation) => actor.mode(observation),
    critic: ({ critics }, observation, action) => qValues(critics, observation, action),
  }),
  terms: { meanTarget: 'the target y', meanQ: 'the soft Q', criticLoss: "the critics' loss" },
  scales: ['initialTemperature'],
});
