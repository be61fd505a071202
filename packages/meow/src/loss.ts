import {
  abs,
  add,
  concat,
  constant,
  exp,
  GraphError,
  mul,
  reshape,
  square,
  stopGradient,
  sub,
  sum,
} from '@meow-rl/graph';
import type { Tensor, TensorLike } from '@meow-rl/graph';
import type { LossInputs, StageLoss } from '@meow-rl/learner';
import type { Module } from '@meow-rl/nn';

import { pessimistic, replayedEnergy, valueCount } from './networks.ts';
import type { MeowNetworks } from './networks.ts';
import type { MeowConfig } from './settings.ts';
import { temperatureOf } from './temperature.ts';

/** MEow is one network: policy, Q and V are trained together. Beside it is log α, where it is tuned. */
export type MeowGroups = {
  readonly ebflow: Module<MeowNetworks>;
  readonly temperature?: Module<Tensor>;
};

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
  alpha: TensorLike,
): Tensor {
  // The masks make as many rows of each as there are Q.
  const masks = dropout(valueCount(config));
  if (!masks) return concat(ebflow.softQOfReplayed(observation, action, alpha));
  const energy = replayedEnergy(ebflow.flow(masks), action, observation, config);
  return mul(alpha, config.shifts === 0 ? energy : add(energy, concat(ebflow.shifts(observation))));
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
  const alpha = temperatureOf(networks, config);
  const nextValue = pessimistic(targets.ebflow.softV(nextObservation, alpha));
  const y = softTarget(reward, discount, nextValue);
  const q = allSoftQ(inputs, config, alpha);
  const delta = sub(q, forEachQ(y, config));
  const loss = mean(mul(forEachQ(weight, config), square(delta)));
  const shifts = ebflow.shifts(observation);
  const [count, rows] = [valueCount(config), reward.shape[0] ?? 1];
  return {
    losses: { ebflow: loss },
    metrics: {
      loss,
      meanQ: mean(q),
      meanValue: mean(pessimistic(ebflow.softV(observation, alpha))),
      meanTarget: mean(y),
      meanNextValue: mean(nextValue),
      meanLogSigma: mean(ebflow.logSigma(observation)),
      ...(shifts.length > 0 && { meanShift: mul(alpha, mean(concat(shifts))) }),
    },
    tdErrors: mul(1 / count, sum(reshape(abs(delta), [count, rows]), { axes: [0] })),
  };
}

/**
 * The policy's entropy: E[−log π] with one sample per state, of which the part that is known without sampling, the
 * Gaussian's ½ Σ ε², is replaced by its mean A/2.
 */
export function entropyOf({ batch, networks, noise, mean }: LossInputs<MeowGroups>): Tensor {
  const sampled = noise('policy');
  const { logProb } = networks.ebflow.flow().sample(sampled, batch.observation);
  const quadratic = mul(0.5, sum(square(sampled), { axes: [1] }));
  const known = constant(0.5 * Number(sampled.shape[1]));
  return sub(mean(known), mean(add(logProb, quadratic)));
}

/**
 * The temperature's loss, with the flow's exact log-probabilities: `J(α) = α (H(π) − target entropy)`, whose gradient raises α
 * where the entropy is too small. It trains log α alone.
 *
 * @throws GraphError if the networks have no temperature
 *
 * Reference: Haarnoja et al., Soft Actor-Critic Algorithms and Applications (2018), equation 18.
 */
export function temperatureLoss(
  inputs: LossInputs<MeowGroups>,
  targetEntropy: number,
): StageLoss<'temperature'> {
  const { networks, mean } = inputs;
  if (!networks.temperature)
    throw new GraphError('meow: there is no temperature to train. Set tuneTemperature.');
  const alpha = exp(networks.temperature);
  const entropy = entropyOf(inputs);
  // Of a share of the batch both terms are its share.
  const temperature = mul(alpha, stopGradient(sub(entropy, mean(constant(targetEntropy)))));
  return {
    losses: { temperature },
    metrics: { temperatureLoss: temperature, temperature: mean(alpha), entropy },
  };
}
