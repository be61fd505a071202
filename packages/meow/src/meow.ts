import { adam, chain, clipByGlobalNorm } from '@meow-rl/graph';
import { defineAlgorithm, normal } from '@meow-rl/learner';
import type { LossInputs } from '@meow-rl/learner';
import { bestCandidate, scalar } from '@meow-rl/nn';

import { sampleCandidates } from './best-of-k.ts';
import { meowLoss, temperatureLoss } from './loss.ts';
import type { MeowGroups } from './loss.ts';
import { meowNetworks, pessimistic, replayedLatent, valueCount } from './networks.ts';
import { policyReport } from './policy-metrics.ts';
import { checkMeowConfig, MEOW_SETTINGS, whyWithoutMode } from './settings.ts';
import { temperatureOf } from './temperature.ts';
import { meowWarnings } from './warnings.ts';

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
  networks: (sizes, config): MeowGroups => ({
    ebflow: meowNetworks(sizes, config),
    ...(config.tuneTemperature && { temperature: scalar('logAlpha', Math.log(config.alpha)) }),
  }),
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
    ...(config.tuneTemperature
      ? [
          {
            trains: { temperature: adam({ learningRate: config.temperatureLearningRate }) },
            noise: { policy: normal(actionSize) },
            loss: (inputs: LossInputs<MeowGroups>) =>
              temperatureLoss(inputs, actionSize * config.targetEntropyPerAction),
          },
        ]
      : []),
    policyReport(actionSize, config),
  ],
  acting: (_, config) => ({
    sample: ({ ebflow }, observation, noise) => {
      const { action, logProb, latent } = ebflow.flow().sample(noise, observation);
      return { action, logProb, ...(config.coordinates === 'latent' && { replayed: latent }) };
    },
    // Proposition 2.
    mode: ({ ebflow }, observation) =>
      config.deterministic === 'best-of-k'
        ? bestCandidate(sampleCandidates(ebflow.flow(), observation, config.candidates))
        : ebflow.flow().mode?.(observation),
    ...(config.deterministic === 'best-of-k' && {
      candidates: ({ ebflow }, observation) =>
        sampleCandidates(ebflow.flow(), observation, config.candidates),
    }),
    withoutMode: `${whyWithoutMode(config)}; or sample its actions.`,
    critic: (networks, observation, action) => {
      const { ebflow } = networks;
      const alpha = temperatureOf(networks, config);
      const values = ebflow.softQ(observation, action, alpha);
      const [q1 = pessimistic(values), q2 = q1] = values;
      return {
        q1,
        q2,
        value: pessimistic(ebflow.softV(observation, alpha)),
        logProb: ebflow.flow().logProb(action, observation),
      };
    },
    value: (networks, observation) =>
      pessimistic(networks.ebflow.softV(observation, temperatureOf(networks, config))),
  }),
  replayed: ({ coordinates }) => (coordinates === 'latent' ? replayedLatent : undefined),
  // Beside a tuned temperature the norm has the name of its group.
  derivedMetrics: ({ ebflowGradientNorm = Number.NaN, gradientNorm = ebflowGradientNorm }, { gradClip }) => ({
    gradientClipped: Number(gradientNorm > gradClip),
  }),
  warnings: meowWarnings,
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
