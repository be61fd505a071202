import {
  adam,
  add,
  concat,
  div,
  exp,
  grad,
  kthSmallest,
  log,
  logSumExp,
  maximum,
  mean as meanOver,
  mul,
  neg,
  reshape,
  scoped,
  split,
  square,
  staticSize,
  stopGradient,
  sub,
  sum,
  tanh,
  transpose,
} from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { defineAlgorithm, normal, uniform } from '@meow-rl/learner';
import type { BoundGroups, LossInputs, Sizes, StageLoss } from '@meow-rl/learner';
import { bestCandidate, fixedCandidates, mlp, modules, relu, repeatForRows } from '@meow-rl/nn';
import type { Candidates, Module, Network } from '@meow-rl/nn';

import { bootstrapped, qLoss, qNetwork, qValues } from './critics.ts';
import type { Critics } from './critics.ts';
import { SQL_SETTINGS } from './sql-settings.ts';
import type { SqlConfig } from './sql-settings.ts';

/** A critic, and a network that turns noise into actions. */
export type SqlNetworks = {
  readonly critics: Module<Critics<'q1'>>;
  readonly sampler: Module<Network>;
};

/** `a = tanh f(s, ξ)`, [k · states, A]; states [states, O], standard normal noise ξ [k · states, A]. */
export const sampledAction = scoped('sampler', (sampler: Network, state: Tensor, noise: Tensor) =>
  tanh(sampler([state, noise])),
);

/** [states, k, A] as k blocks of rows, [k · states, A]. */
function inBlocks(particles: Tensor): Tensor {
  const size = Number(particles.shape[2]);
  return reshape(transpose(particles, [1, 0, 2]), [staticSize(particles.shape) / size, size]);
}

/**
 * The target, without gradient, with λ the scale of rewards: `y = λ r + d V(s′)`. The soft value is estimated from M actions that
 * are uniform in [−1, 1]^A, importance-sampled with their density 2^−A:
 *
 *     V(s′) = α log (1/M) Σ_j exp(Q̄(s′, a_j) / α) / 2^−A
 *
 * @returns y and V(s′), [rows]
 *
 * Reference: Haarnoja et al., Reinforcement Learning with Deep Energy-Based Policies (2017), equations 10 and 11; Chao et al.,
 * MEow (2024), equation 5 of its poster.
 */
export function softQLearningTarget(
  { batch, targets, noise }: LossInputs<SqlNetworks>,
  { alpha, rewardScale, valueParticles }: SqlConfig,
): { readonly y: Tensor; readonly nextValue: Tensor } {
  const uniformActions = noise('valueParticles');
  const { q1 } = qValues(targets.critics, batch.nextObservation, inBlocks(uniformActions));
  const [rows = 1, , actionSize] = uniformActions.shape;
  const scaled = reshape(mul(1 / alpha, q1), [valueParticles, rows]);
  const logDensity = -Number(actionSize) * Math.LN2;
  const nextValue = mul(alpha, sub(logSumExp(scaled, { axes: [0] }), Math.log(valueParticles) + logDensity));
  const reward = mul(rewardScale, batch.reward);
  return { y: bootstrapped({ ...batch, reward }, nextValue), nextValue };
}

/**
 * The critic's loss: `J_Q = ½ mean w (Q(s, a) − y)²`, with weights w of the transitions.
 *
 * Reference: Haarnoja et al., Reinforcement Learning with Deep Energy-Based Policies (2017), equation 11.
 */
function softQLearningLoss(inputs: LossInputs<SqlNetworks>, config: SqlConfig): StageLoss<'critics'> {
  const { y, nextValue } = softQLearningTarget(inputs, config);
  const { metrics, ...loss } = qLoss(inputs, y, 0.5);
  return { ...loss, metrics: { ...metrics, meanNextValue: inputs.mean(nextValue) } };
}

/** Keeps the logarithm of 1 − a² finite, as in the authors' code. */
const SQUASH_EPSILON = 1e-6;
/** The kernel's bandwidth is at least this, as in the authors' code. */
const LEAST_BANDWIDTH = 1e-3;

/**
 * `∇ log p(x)` with `log p(x) = Q(s, x) / α + Σ log(1 − x² + 1e-6)`, of the shape of x: the density that the sampler is to have
 * before its squash, differentiated by the action as in the authors' code.
 */
export function score(critics: Critics<'q1'>, state: Tensor, action: Tensor, alpha: number): Tensor {
  const logSquashSlopes = log(sub(1 + SQUASH_EPSILON, square(action)));
  const logDensity = add(mul(1 / alpha, sum(qValues(critics, state, action).q1)), sum(logSquashSlopes));
  return grad(logDensity, [action])[0];
}

/**
 * Where particles x_i of a state are to move so that they come to be distributed as exp(Q / α), by Stein variational gradient
 * descent with the other particles x_j:
 *
 *     direction_i = mean over j of κ(x_j, x_i) ∇ log p(x_j) + ∇_{x_j} κ(x_j, x_i)
 *     κ(x_j, x_i) = exp(−‖x_j − x_i‖² / h),   h = max(median over i, j of ‖x_j − x_i‖² / log F, 1e-3)
 *
 * @param particles `fixed` x_j, F blocks of rows, [F · states, A]; `scores` ∇ log p(x_j), of their shape; `updated` x_i, U blocks
 *   of rows, [U · states, A]
 * @returns the directions [U · states, A] and the bandwidths h [states]
 *
 * Reference: Haarnoja et al., Reinforcement Learning with Deep Energy-Based Policies (2017), equation 13 and appendix C;
 * Liu and Wang, Stein Variational Gradient Descent (2016), section 3.2 for the bandwidth.
 */
export function steinDirections(
  { fixed, scores, updated }: Readonly<Record<'fixed' | 'scores' | 'updated', Tensor>>,
  { fixedParticles, updatedParticles }: Pick<SqlConfig, 'fixedParticles' | 'updatedParticles'>,
): { readonly directions: Tensor; readonly bandwidth: Tensor } {
  const [rows, actionSize] = fixed.shape.map(Number);
  const states = Number(rows) / fixedParticles;
  const pairs = fixedParticles * updatedParticles;
  const blocks = split(
    updated,
    Array.from({ length: updatedParticles }, () => states),
  );
  const differences = blocks.map((x) => sub(fixed, repeatForRows(x, fixed)));
  const distances = differences.map((difference) => sum(square(difference), { axes: [1], keepDims: true }));

  const byState = reshape(concat(distances), [pairs, states]);
  // Of an even number the lower one of the two in the middle, as in the authors' code.
  const median = kthSmallest(byState, { k: Math.ceil(pairs / 2), axis: 0 });
  const bandwidth = maximum(div(median, Math.log(fixedParticles)), LEAST_BANDWIDTH);
  const h = repeatForRows(reshape(bandwidth, [states, 1]), fixed);

  const directions = differences.map((difference, i) => {
    const kernel = exp(neg(div(distances[i] ?? h, h)));
    const terms = mul(kernel, sub(scores, mul(2, div(difference, h))));
    return meanOver(reshape(terms, [fixedParticles, states * Number(actionSize)]), { axes: [0] });
  });
  return { directions: reshape(concat(directions), updated.shape), bandwidth };
}

/**
 * The sampler's loss: its gradient moves the updated particles in their directions, `−Σ direction_i · x_i` over the batch and all
 * particles. A sum as in the authors' code, where others take means.
 *
 * Reference: Haarnoja et al., Reinforcement Learning with Deep Energy-Based Policies (2017), equation 14.
 */
export function samplerLoss(
  { batch: { observation }, networks, noise, mean }: LossInputs<SqlNetworks>,
  config: SqlConfig,
): StageLoss<'sampler'> {
  const { fixed, updated } = particles(networks.sampler, observation, noise('particles'), config);
  const scores = score(networks.critics, observation, fixed, config.alpha);
  const { directions, bandwidth } = steinDirections({ fixed, scores, updated }, config);
  const loss = neg(sum(mul(stopGradient(directions), updated)));
  return { losses: { sampler: loss }, metrics: { samplerLoss: loss, bandwidth: mean(bandwidth) } };
}

/** Sampled actions of each state: the first ones to take Q's slope at, the others to be moved. */
export function particles(
  sampler: Network,
  observation: Tensor,
  noise: Tensor,
  { fixedParticles, updatedParticles }: SqlConfig,
): { readonly fixed: Tensor; readonly updated: Tensor } {
  const states = Number(observation.shape[0]);
  const ofBoth = split(inBlocks(noise), [fixedParticles * states, updatedParticles * states]);
  const [fixed = noise, updated = noise] = ofBoth.map((part) => sampledAction(sampler, observation, part));
  return { fixed: stopGradient(fixed), updated };
}

/** Sampled actions of each state to take the best of by Q. */
const candidatesOf = (
  { sampler, critics }: BoundGroups<SqlNetworks>,
  observation: Tensor,
  { actionSize }: Sizes,
  { candidates }: SqlConfig,
): Candidates =>
  fixedCandidates(observation, {
    candidates,
    size: actionSize,
    sample: (noise, state) => {
      const action = sampledAction(sampler, state, noise);
      return { action, score: qValues(critics, state, action).q1 };
    },
  });

/**
 * Soft Q-learning with an amortized Stein variational sampler.
 *
 * Reference: Haarnoja et al., Reinforcement Learning with Deep Energy-Based Policies (2017), algorithm 1.
 */
export const sql = defineAlgorithm({
  name: 'sql',
  module: import.meta.url,
  settings: SQL_SETTINGS,
  networks: (sizes, { hidden }): SqlNetworks => {
    const { observationSize, actionSize } = sizes;
    const inputs = [observationSize, actionSize];
    return {
      critics: modules({ q1: qNetwork('q1', sizes, hidden) }),
      sampler: mlp({ name: 'sampler', inputs, hidden, output: actionSize, activation: relu }),
    };
  },
  stages: ({ actionSize }, config) => [
    {
      trains: { critics: adam({ learningRate: config.learningRate }) },
      targets: { critics: config.tau },
      noise: { valueParticles: uniform(-1, 1, config.valueParticles, actionSize) },
      loss: (inputs) => softQLearningLoss(inputs, config),
    },
    {
      trains: { sampler: adam({ learningRate: config.learningRate }) },
      noise: { particles: normal(config.fixedParticles + config.updatedParticles, actionSize) },
      loss: (inputs) => samplerLoss(inputs, config),
    },
  ],
  acting: (sizes, config) => ({
    stochastic: true,
    sample: ({ sampler }, observation, noise) => ({ action: sampledAction(sampler, observation, noise) }),
    mode: (networks, observation) => bestCandidate(candidatesOf(networks, observation, sizes, config)),
    candidates: (networks, observation) => candidatesOf(networks, observation, sizes, config),
    critic: ({ critics }, observation, action) => qValues(critics, observation, action),
  }),
  terms: {
    meanNextValue: 'the soft value of the next states',
    meanTarget: 'the target y',
    meanQ: 'the soft Q',
    criticLoss: "the critic's loss",
    bandwidth: "the kernel's bandwidth",
    samplerLoss: "the sampler's loss",
  },
  scales: ['rewardScale', 'alpha'],
});
