import { abs, add, concat, constant, mul, reshape, square, stopGradient, sub, sum } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import type { LossInputs, StageLoss } from '@meow-rl/learner';
import type { Module } from '@meow-rl/nn';

import { pessimistic, replayedEnergy, valueCount } from './networks.ts';
import type { MeowNetworks } from './networks.ts';
import type { MeowConfig } from './settings.ts';

/** MEow is one network: policy, Q and V are trained together. */
export type MeowGroups = { readonly ebflow: Module<MeowNetworks> };

/**
 * The soft target: `y = R + d · min(V₁, V₂)(s′)`, with the target's parameters and without gradient.
 *
 * @param discount d, `γ (1 − terminated)` for one step
 *
 * Reference: Chao et al., MEow (2024), equation 3.
 */
export const softTarget = (reward: Tensor, discount: Tensor, nextValue: Tensor): Tensor =>
  stopGradient(add(reward, mul(discount, nextValue)));

/** As many copies of rows as there are Q, one after the other. */
const forEachQ = (rows: Tensor, config: MeowConfig): Tensor =>
  concat(Array.from({ length: valueCount(config) }, () => rows));

/** All soft Q of the batch in one vector. Where units are dropped each has its own masks. */
function allSoftQ(
  { batch: { observation, action }, networks: { ebflow }, dropout }: LossInputs<MeowGroups>,
  config: MeowConfig,
): Tensor {
  const { alpha, shifts } = config;
  // The masks make as many rows of each as there are Q.
  const masks = dropout(valueCount(config));
  if (!masks) return concat(ebflow.softQOfReplayed(observation, action));
  const energy = replayedEnergy(ebflow.flow(masks), action, observation, config);
  return mul(alpha, shifts === 0 ? energy : add(energy, concat(ebflow.shifts(observation))));
}

/**
 * MEow's loss:
 *
 *     L(θ) = 1/2N Σ over i = 1, 2 and the rows of w (Qᵢ(s, a) − y)²
 *
 * Reference: Chao et al., MEow (2024), equation 3 and "Practical implementation".
 */
export function meowLoss(inputs: LossInputs<MeowGroups>, config: MeowConfig): StageLoss<'ebflow'> {
  const { batch, networks, targets, mean } = inputs;
  const { observation, reward, nextObservation, discount, weight } = batch;
  const { ebflow } = networks;
  const nextValue = pessimistic(targets.ebflow.softV(nextObservation));
  const y = softTarget(reward, discount, nextValue);
  const q = allSoftQ(inputs, config);
  const delta = sub(q, forEachQ(y, config));
  const loss = mean(mul(forEachQ(weight, config), square(delta)));
  const shifts = ebflow.shifts(observation);
  const [count, rows] = [valueCount(config), reward.shape[0] ?? 1];
  return {
    losses: { ebflow: loss },
    metrics: {
      loss,
      meanQ: mean(q),
      meanValue: mean(pessimistic(ebflow.softV(observation))),
      meanTarget: mean(y),
      meanNextValue: mean(nextValue),
      meanLogSigma: mean(ebflow.logSigma(observation)),
      ...(shifts.length > 0 && { meanShift: mul(config.alpha, mean(concat(shifts))) }),
    },
    tdErrors: mul(1 / count, sum(reshape(abs(delta), [count, rows]), { axes: [0] })),
  };
}

/**
 * The policy's entropy: E[−log π] with one sample per state, of which the part that is known without sampling, the
 * Gaussian's ½ Σ ε², is replaced by its mean A/2.
 */
export function policyEntropy({ batch, networks, noise, mean }: LossInputs<MeowGroups>): StageLoss<never> {
  const sampled = noise('entropy');
  const { logProb } = networks.ebflow.flow().sample(sampled, batch.observation);
  const quadratic = mul(0.5, sum(square(sampled), { axes: [1] }));
  const known = constant(0.5 * Number(sampled.shape[1]));
  return { losses: {}, metrics: { entropy: sub(mean(known), mean(add(logProb, quadratic))) } };
}
