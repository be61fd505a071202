import { adam, add, clip, mul, neg, scoped, tanh } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import type { Acting, LossInputs, Sizes, Stage, StageLoss } from '@meow-rl/learner';
import { mapModule, mlp, relu } from '@meow-rl/nn';
import type { Module } from '@meow-rl/nn';

import { qValues } from './critics.ts';
import type { Critics } from './critics.ts';

/** μ(s), from [rows, O] to [rows, A]. */
export type DeterministicPolicy = (state: Tensor) => Tensor;

/** What deterministic policies are trained with: critics, the first of which judges the policy. */
export type DeterministicNetworks<Q extends string = never> = {
  readonly actor: Module<DeterministicPolicy>;
  readonly critics: Module<Critics<'q1' | Q>>;
};

/** `μ(s) = tanh f(s)` with ReLU after each hidden layer, whose parameters are `actor.<k>.weight` and `actor.<k>.bias`. */
export const deterministicPolicy = (
  { observationSize, actionSize }: Sizes,
  hidden: readonly number[],
): Module<DeterministicPolicy> =>
  mapModule(
    mlp({ name: 'actor', inputs: [observationSize], hidden, output: actionSize, activation: relu }),
    (network) => scoped('actor', (state) => tanh(network([state]))),
  );

/** `clip(a + σ ε, −1, 1)`, with σ ε clipped to ±`bound` before. */
export function noisyAction(action: Tensor, noise: Tensor, sigma: number, bound = Infinity): Tensor {
  const scaled = mul(sigma, noise);
  return clip(add(action, bound < Infinity ? clip(scaled, -bound, bound) : scaled), -1, 1);
}

/**
 * The loss of a deterministic policy: `J_μ = −mean Q₁(s, μ(s))`.
 *
 * Reference: Silver et al., Deterministic Policy Gradient Algorithms (2014), equation 9.
 */
export function deterministicPolicyLoss({
  batch: { observation },
  networks: { actor, critics },
  mean,
}: LossInputs<DeterministicNetworks>): StageLoss<'actor'> {
  const { q1 } = qValues({ q1: critics.q1 }, observation, actor(observation));
  const actorLoss = neg(mean(q1));
  return { losses: { actor: actorLoss }, metrics: { actorLoss } };
}

/** Trains the policy in one of so many updates, after which the targets of policy and critics follow. */
export const policyStage = ({
  policyLearningRate,
  policyDelay,
  tau,
}: Readonly<Record<'policyLearningRate' | 'policyDelay' | 'tau', number>>): Stage<DeterministicNetworks> => ({
  trains: { actor: adam({ learningRate: policyLearningRate }) },
  targets: { actor: tau, critics: tau },
  every: policyDelay,
  loss: deterministicPolicyLoss,
});

/** Acts by μ(s), sampled with normal noise: `a = clip(μ(s) + σ ε, −1, 1)`. That has no density. */
export const deterministicActing = <Q extends string>(
  sigma: number,
): Acting<DeterministicNetworks<Q>, 'q1' | Q> => ({
  sample: ({ actor }, observation, noise) => ({ action: noisyAction(actor(observation), noise, sigma) }),
  mode: ({ actor }, observation) => actor(observation),
  critic: ({ critics }, observation, action) => qValues(critics, observation, action),
});

/** Metrics in words, in the order of their computation. */
export const DETERMINISTIC_TERMS = {
  meanTarget: 'the target y',
  meanQ: 'Q',
  criticLoss: "the critics' loss",
} as const;
