import { abs, adam, add, mul, neg, square, stopGradient, sub, sum, tanh } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { mlp, relu, scalar, type Dropout, type Network } from '@meow-rl/nn';

import { defineAlgorithm } from '../definition.ts';
import { normal, uniform } from '../noise.ts';
import { batchSize, fromBelow, gamma, learningRate, number, tau, widths } from '../settings/index.ts';

const source = 'tests';
/** μ(s) = tanh f(s), or tanh(f(s) + 0.3 ε) with noise, [rows, A]. */
const policy = (f: Network, s: Tensor, ε: Tensor | number = 0) => tanh(add(f([s]), mul(0.3, ε)));

/** Q(s, a), [rows]. */
const value = (q: Network, s: Tensor, a: Tensor, drop?: Dropout) => sum(q([s, a], drop), { axes: [1] });

/**
 * A deterministic actor-critic with one Q of centred rewards, and a policy that is trained every other time:
 *
 *     y = r − c + d Q̄(s′, tanh(f̄(s′) + 0.3 ε)),   J_Q = mean w (Q(s, a) − y)²,   J_c = mean (r − c)²,   J_μ = −mean Q(s, μ(s))
 *
 * Reference: Lillicrap et al., Continuous control with deep reinforcement learning (2016), algorithm 1.
 */
export const deterministicActorCritic = defineAlgorithm({
  name: 'deterministic-actor-critic',
  module: import.meta.url,
  settings: {
    gamma: gamma({ default: 0.9, source }),
    tau: tau({ default: 0.25, source }),
    batchSize: batchSize({ default: 8, source }),
    learningRate: learningRate({ default: 1e-2, source }),
    hidden: widths({ default: [6, 5], source, description: 'hidden layers' }),
    dropout: number(fromBelow(0, 1), { default: 0, source, description: 'share of units of Q dropped' }),
  },
  networks: ({ observationSize: O, actionSize: A }, { hidden }) => ({
    actor: mlp({ name: 'actor', inputs: [O], hidden, output: A, activation: relu }),
    critic: mlp({ name: 'q', inputs: [O, A], hidden, output: 1, activation: relu }),
    centre: scalar('centre', 0),
  }),
  stages: ({ actionSize }, { learningRate, tau, hidden, dropout: rate }) => [
    {
      trains: { critic: adam({ learningRate }), centre: adam({ learningRate }) },
      noise: { next: normal(actionSize) },
      dropout: rate > 0 ? { rate, uses: hidden.length, largest: Math.max(...hidden) } : undefined,
      loss: ({ batch, networks, targets, noise, dropout, mean }) => {
        const next = policy(targets.actor, batch.nextObservation, noise('next'));
        const nextQ = mul(batch.discount, value(targets.critic, batch.nextObservation, next));
        const centred = sub(batch.reward, networks.centre);
        const y = stopGradient(add(centred, nextQ));
        const q = value(networks.critic, batch.observation, batch.action, dropout());
        const losses = { critic: mean(mul(batch.weight, square(sub(q, y)))), centre: mean(square(centred)) };
        const metrics = { criticLoss: losses.critic, meanQ: mean(q), meanTarget: mean(y) };
        return { losses, metrics, tdErrors: abs(sub(q, y)) };
      },
    },
    {
      trains: { actor: adam({ learningRate }) },
      targets: { actor: tau, critic: tau },
      every: 2,
      loss: ({ batch: { observation }, networks: { actor, critic }, mean }) => {
        const loss = neg(mean(value(critic, observation, policy(actor, observation))));
        return { losses: { actor: loss }, metrics: { actorLoss: loss } };
      },
    },
    {
      trains: {},
      every: 3,
      noise: { probe: uniform(-1, 1, actionSize) },
      loss: ({ batch, networks, noise, mean }) => {
        const probedQ = mean(value(networks.critic, batch.observation, noise('probe')));
        return { losses: {}, metrics: { probedQ } };
      },
    },
  ],
  acting: () => ({
    sample: ({ actor }, state, noise) => ({ action: policy(actor, state, noise) }),
    mode: ({ actor }, state) => policy(actor, state),
    critic: ({ critic }, state, action) => ({ q: value(critic, state, action) }),
  }),
});
