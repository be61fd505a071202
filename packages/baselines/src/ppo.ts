import {
  abs,
  adam,
  add,
  chain,
  clip,
  clipByGlobalNorm,
  div,
  exp,
  greater,
  maximum,
  mul,
  neg,
  reshape,
  scaledByState,
  sqrt,
  square,
  sub,
  toFloat,
} from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { defineOnPolicyAlgorithm } from '@meow-rl/learner';
import type { LossInputs, RolloutInput, StageLoss } from '@meow-rl/learner';
import { gaussianPolicy, mlp, modules, orthogonal, relu, tanh, zeros } from '@meow-rl/nn';
import type { GaussianPolicy, Module, Network } from '@meow-rl/nn';

import { checkPpoConfig, PPO_SETTINGS } from './ppo-settings.ts';
import type { PpoConfig } from './ppo-settings.ts';

/** A policy and a critic, which one optimizer trains. */
export type PpoNetworks = {
  readonly actorCritic: Module<{ readonly actor: GaussianPolicy; readonly critic: Network }>;
};

type Inputs = LossInputs<PpoNetworks, RolloutInput>;

/** V(s), [rows]. */
const valueOf = (critic: Network, state: Tensor): Tensor => reshape(critic([state]), [state.shape[0] ?? 1]);

/** Advantages of a minibatch with mean 0 and deviation 1, that of a sample: `(A − mean A) / (std A + 1e-8)`. */
export function normalizedAdvantages({ batch: { advantage }, mean }: Inputs, rows: number): Tensor {
  const centred = sub(advantage, mean(advantage));
  const deviation = sqrt(mul(rows / (rows - 1), mean(square(centred))));
  return div(centred, add(deviation, 1e-8));
}

/**
 * The clipped surrogate, with r = π(a|s) / π_old(a|s), to be made small:
 *
 *     L = mean max(−A r, −A clip(r, 1 − c, 1 + c))
 *
 * Beside it: how far the policy has moved, `approxKl = mean r − 1 − log r`, and what share of the actions was clipped.
 *
 * Reference: Schulman et al., Proximal Policy Optimization Algorithms (2017), equation 7; of the KL: Schulman, Approximating
 * KL Divergence (2020), k₃.
 */
export function surrogateLoss(inputs: Inputs, { clipRange, normalizeAdvantages, batchSize }: PpoConfig) {
  const { batch, networks, mean } = inputs;
  const advantage = normalizeAdvantages ? normalizedAdvantages(inputs, batchSize) : batch.advantage;
  const logRatio = sub(networks.actorCritic.actor.logProb(batch.action, batch.observation), batch.logProb);
  const ratio = exp(logRatio);
  const clipped = clip(ratio, 1 - clipRange, 1 + clipRange);
  const loss = mean(maximum(mul(neg(advantage), ratio), mul(neg(advantage), clipped)));
  const moved = sub(ratio, 1);
  return {
    loss,
    approxKl: mean(sub(moved, logRatio)),
    clipFraction: mean(toFloat(greater(abs(moved), clipRange))),
  };
}

/**
 * The loss of values, whose step is clipped as the policy's:
 *
 *     L = ½ mean max((V − R)², (V_old + clip(V − V_old, −c, c) − R)²)
 *
 * Reference: CleanRL, ppo_continuous_action.py; Huang et al., The 37 Implementation Details of PPO (2022), core detail 9.
 */
export function valueLoss({ batch, networks, mean }: Inputs, { clipRange, clipValues }: PpoConfig): Tensor {
  const value = valueOf(networks.actorCritic.critic, batch.observation);
  const error = square(sub(value, batch.return));
  if (!clipValues) return mul(0.5, mean(error));
  const near = add(batch.value, clip(sub(value, batch.value), -clipRange, clipRange));
  return mul(0.5, mean(maximum(error, square(sub(near, batch.return)))));
}

/**
 * `L = policy's loss + c_V loss of values − c_H entropy`.
 *
 * Reference: Schulman et al., Proximal Policy Optimization Algorithms (2017), equation 9.
 */
export function ppoLoss(inputs: Inputs, config: PpoConfig): StageLoss<'actorCritic'> {
  const { loss: policyLoss, ...about } = surrogateLoss(inputs, config);
  const ofValues = valueLoss(inputs, config);
  const { entropy } = inputs.networks.actorCritic.actor;
  const loss = sub(
    add(policyLoss, mul(config.valueCoefficient, ofValues)),
    mul(config.entropyCoefficient, entropy),
  );
  return {
    losses: { actorCritic: loss },
    metrics: { loss, policyLoss, valueLoss: ofValues, entropy, ...about },
  };
}

/**
 * Proximal policy optimization, with the clipped surrogate.
 *
 * Reference: Schulman et al., Proximal Policy Optimization Algorithms (2017), algorithm 1.
 */
export const ppo = defineOnPolicyAlgorithm({
  name: 'ppo',
  settings: PPO_SETTINGS,
  check: checkPpoConfig,
  networks: (
    { observationSize, actionSize },
    { hidden, activation, initialLogStd, ...config },
  ): PpoNetworks => {
    const layers = { hidden, activation: { tanh, relu }[activation] };
    const starts = (gain: number) =>
      config.orthogonal
        ? { weights: orthogonal(Math.SQRT2), outputWeights: orthogonal(gain), biases: zeros }
        : {};
    return {
      actorCritic: modules({
        actor: gaussianPolicy({
          name: 'actor',
          observationSize,
          actionSize,
          initialLogStd,
          ...layers,
          ...starts(0.01),
        }),
        critic: mlp({ name: 'critic', inputs: [observationSize], output: 1, ...layers, ...starts(1) }),
      }),
    };
  },
  stages: (_, config) => [
    {
      trains: {
        actorCritic: chain(
          clipByGlobalNorm(config.gradClip),
          adam({ learningRate: config.learningRate, epsilon: 1e-5 }),
          ...(config.annealLearningRate ? [scaledByState()] : []),
        ),
      },
      loss: (inputs) => ppoLoss(inputs, config),
    },
  ],
  acting: () => ({
    // The environment takes actions within bounds; the density is of what was sampled.
    sample: ({ actorCritic: { actor } }, observation, noise) => {
      const { action, logProb } = actor.sample(observation, noise);
      return { action: clip(action, -1, 1), logProb, replayed: action };
    },
    mode: ({ actorCritic: { actor } }, observation) => clip(actor.mode(observation), -1, 1),
    value: ({ actorCritic: { critic } }, observation) => valueOf(critic, observation),
  }),
  learning: ({ gamma, gaeLambda: lambda, epochs, annealLearningRate, targetKl }) => ({
    gamma,
    lambda,
    epochs,
    ...(annealLearningRate && { stepScale: (progress: number) => 1 - progress }),
    ...(targetKl > 0 && {
      stops: ({ approxKl = 0 }: Readonly<Record<string, number>>) => approxKl > targetKl,
    }),
  }),
  derivedMetrics: ({ stepScale = 1 }, { learningRate }) => ({ learningRate: stepScale * learningRate }),
  terms: {
    policyLoss: "the policy's loss",
    valueLoss: 'the loss of values',
    entropy: 'the entropy',
    loss: 'the loss',
  },
});
