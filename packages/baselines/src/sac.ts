import { abs, adam, add, exp, minimum, mul, neg, reshape, square, stopGradient, sub } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { defineAlgorithm, normal } from '@meow-rl/learner';
import type { LossInputs, StageLoss } from '@meow-rl/learner';
import { mlp, modules, relu, scalar, squashedGaussianPolicy } from '@meow-rl/nn';
import type { Module, Network, SquashedGaussianPolicy } from '@meow-rl/nn';

import { checkSacConfig, SAC_SETTINGS } from './sac-settings.ts';
import type { SacConfig } from './sac-settings.ts';

/** A policy, two critics, and the logarithm of the temperature α. */
export type SacNetworks = {
  readonly actor: Module<SquashedGaussianPolicy>;
  readonly critics: Module<readonly Network[]>;
  readonly temperature: Module<Tensor>;
};

/** `Qᵢ(s, a)`, [rows] each. */
export const softQ = (critics: readonly Network[], state: Tensor, action: Tensor): readonly Tensor[] =>
  critics.map((critic) => reshape(critic([state, action]), [state.shape[0] ?? 1]));

const smallest = (values: readonly Tensor[]): Tensor =>
  values.reduce((least, value) => minimum(least, value));

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
  const { reward, nextObservation, discount } = batch;
  const next = networks.actor.sample(nextObservation, noise('nextAction'));
  const nextQ = smallest(softQ(targets.critics, nextObservation, next.action));
  const nextValue = sub(nextQ, mul(exp(networks.temperature), next.logProb));
  return { y: stopGradient(add(reward, mul(discount, nextValue))), next };
}

/**
 * The critics' loss, with weights w of the transitions: `J_Q = Σ over i of mean w (Qᵢ(s, a) − y)²`.
 *
 * Reference: Haarnoja et al., Soft Actor-Critic Algorithms and Applications (2018), equation 5.
 */
export function softQLoss(inputs: LossInputs<SacNetworks>): StageLoss<'critics'> {
  const { batch, networks, mean } = inputs;
  const { y } = softQTarget(inputs);
  const q = softQ(networks.critics, batch.observation, batch.action);
  const errors = q.map((value) => sub(value, y));
  const criticLoss = sumOf(errors.map((error) => mean(mul(batch.weight, square(error)))));
  return {
    losses: { critics: criticLoss },
    metrics: { criticLoss, meanQ: mul(1 / q.length, sumOf(q.map(mean))), meanTarget: mean(y) },
    tdErrors: mul(1 / q.length, sumOf(errors.map(abs))),
  };
}

const sumOf = (terms: readonly Tensor[]): Tensor => terms.reduce((total, term) => add(total, term));

/**
 * The policy's loss, and that of the temperature, which both are of the same sampled actions, a ~ π(·|s):
 *
 *     J_π = mean α log π(a|s) − min Qᵢ(s, a)
 *     J_α = mean −α (log π(a|s) + target entropy)
 *
 * Reference: Haarnoja et al., Soft Actor-Critic Algorithms and Applications (2018), equations 7 and 18.
 */
export function policyLoss(
  { batch: { observation }, networks, noise, mean }: LossInputs<SacNetworks>,
  actionSize: number,
  { tuneTemperature, targetEntropyPerAction }: SacConfig,
): StageLoss<'actor' | 'temperature'> {
  const alpha = exp(networks.temperature);
  const { action, logProb } = networks.actor.sample(observation, noise('action'));
  const q = smallest(softQ(networks.critics, observation, action));
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
  networks: (sizes, { hidden, initialTemperature, logStdMin, logStdMax }): SacNetworks => {
    const layers = { hidden, activation: relu };
    const inputs = [sizes.observationSize, sizes.actionSize];
    const critic = (name: string) => mlp({ name, inputs, output: 1, ...layers });
    return {
      actor: squashedGaussianPolicy({ name: 'actor', ...sizes, ...layers, logStdMin, logStdMax }),
      critics: modules([critic('q1'), critic('q2')]),
      temperature: scalar('logAlpha', Math.log(initialTemperature)),
    };
  },
  stages: ({ actionSize }, config) => [
    {
      trains: { critics: adam({ learningRate: config.qLearningRate }) },
      targets: { critics: config.tau },
      noise: { nextAction: normal(actionSize) },
      loss: softQLoss,
    },
    {
      trains: {
        actor: adam({ learningRate: config.policyLearningRate }),
        ...(config.tuneTemperature && {
          temperature: adam({ learningRate: config.temperatureLearningRate }),
        }),
      },
      noise: { action: normal(actionSize) },
      loss: (inputs) => policyLoss(inputs, actionSize, config),
    },
  ],
  acting: () => ({
    sample: ({ actor }, observation, noise) => actor.sample(observation, noise),
    mode: ({ actor }, observation) => actor.mode(observation),
    critic: ({ critics }, observation, action) => {
      const values = softQ(critics, observation, action);
      const [q1 = smallest(values), q2 = q1] = values;
      return { q1, q2 };
    },
  }),
  terms: { meanTarget: 'the target y', meanQ: 'the soft Q', criticLoss: "the critics' loss" },
  scales: ['initialTemperature'],
});
