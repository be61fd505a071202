import { adam, chain, clipByGlobalNorm } from '@meow-rl/graph';
import { defineAlgorithm, normal } from '@meow-rl/learner';

import { meowLoss, policyEntropy } from './loss.ts';
import { meowNetworks, pessimistic, replayedLatent, valueCount } from './networks.ts';
import { checkMeowConfig, MEOW_SETTINGS } from './settings.ts';

/** Updates between two that report the entropy: it takes a pass through the couplings. */
const ENTROPY_EVERY = 100;

/**
 * MEow: one energy-based normalizing flow for policy, Q and V, trained by one loss.
 *
 * Reference: Chao et al., Maximum Entropy Reinforcement Learning via Energy-Based Normalizing Flow (2024), algorithm 1.
 */
export const meow = defineAlgorithm({
  name: 'meow',
  module: import.meta.url,
  settings: MEOW_SETTINGS,
  check: checkMeowConfig,
  networks: (sizes, config) => ({ ebflow: meowNetworks(sizes, config) }),
  stages: ({ actionSize }, config) => [
    {
      trains: {
        ebflow: chain(clipByGlobalNorm(config.gradClip), adam({ learningRate: config.learningRate })),
      },
      targets: { ebflow: config.tau },
      dropout:
        config.dropout > 0
          ? {
              rate: config.dropout,
              uses: config.couplings * config.hidden.length,
              largest: valueCount(config) * Math.max(...config.hidden),
            }
          : undefined,
      loss: (inputs) => meowLoss(inputs, config),
    },
    { trains: {}, every: ENTROPY_EVERY, noise: { entropy: normal(actionSize) }, loss: policyEntropy },
  ],
  acting: (_, config) => ({
    sample: ({ ebflow }, observation, noise) => {
      const { action, logProb, latent } = ebflow.flow().sample(noise, observation);
      return { action, logProb, ...(config.coordinates === 'latent' && { replayed: latent }) };
    },
    // Proposition 2.
    mode: ({ ebflow }, observation) => ebflow.flow().mode?.(observation),
    critic: ({ ebflow }, observation, action) => {
      const values = ebflow.softQ(observation, action);
      const [q1 = pessimistic(values), q2 = q1] = values;
      return {
        q1,
        q2,
        value: pessimistic(ebflow.softV(observation)),
        logProb: ebflow.flow().logProb(action, observation),
      };
    },
    value: ({ ebflow }, observation) => pessimistic(ebflow.softV(observation)),
  }),
  replayed: ({ coordinates }) => (coordinates === 'latent' ? replayedLatent : undefined),
  derivedMetrics: ({ gradientNorm = Number.NaN }, { gradClip }) => ({
    gradientClipped: Number(gradientNorm > gradClip),
  }),
  terms: {
    meanNextValue: "the target's soft value V(s')",
    meanTarget: 'the target y',
    meanLogSigma: "the prior's log sigma",
    meanShift: 'the reward shifts',
    meanValue: 'the soft value V(s)',
    meanQ: 'the soft Q',
    loss: 'the loss',
    gradientNorm: "the gradient's norm",
    parameterNorm: 'the norm of the new parameters',
  },
  scales: ['alpha', 'logSigmaMin'],
});
