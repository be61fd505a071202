import {
  batchSize,
  between,
  gamma,
  learningRate,
  number,
  oneOf,
  tau,
  toggle,
  widths,
} from '@meow-rl/learner/settings';
import type { SettingsOf } from '@meow-rl/learner/settings';

const both = 'CleanRL sac_continuous_action.py and Stable-Baselines3 SAC';
const cleanRl = 'CleanRL sac_continuous_action.py';
const sb3 = 'Stable-Baselines3 SAC';

const logStd = (bound: 'lower' | 'upper', value: number, source: string) =>
  number(between(-20, 20), {
    default: value,
    source,
    description: `${bound} bound of the policy's log standard deviation`,
    remedy: 'It is the logarithm of a standard deviation: 0 stands for 1.',
  });

/** SAC's settings. Where CleanRL and Stable-Baselines3 differ, the default's source says whose it is. */
export const SAC_SETTINGS = {
  gamma: gamma({ default: 0.99, source: both }),
  tau: tau({ default: 0.005, source: both }),
  batchSize: batchSize({ default: 256, source: both }),
  policyLearningRate: learningRate({
    default: 3e-4,
    source: both,
    description: "Adam's step size for the policy",
  }),
  qLearningRate: learningRate({
    default: 1e-3,
    source: `${cleanRl}; ${sb3} has 3e-4`,
    description: "Adam's step size for the critics",
  }),
  temperatureLearningRate: learningRate({
    default: 1e-3,
    source: `${cleanRl}: its q_lr; ${sb3} has 3e-4`,
    description: "Adam's step size for the temperature",
    onlyWith: { tuneTemperature: [true] },
  }),
  hidden: widths({
    default: [256, 256],
    source: both,
    description: 'hidden layers of the policy and of each critic',
  }),
  shifts: oneOf([0, 1, 2], {
    default: 0,
    source: `${both}: none; Chao et al., MEow (2024), its ablation of SAC with learnable reward shifting`,
    description: 'learnable reward shifts b(s), which add to Q: none, one for both critics, or one for each',
  }),
  shiftHidden: widths({
    default: [256, 256],
    source: 'Chao et al., MEow (2024), appendix on experimental setups',
    description: 'hidden layers of the reward shifts',
  }),
  initialTemperature: number(between(1e-10, 1e10), {
    default: 1,
    source: both,
    description: 'temperature at the start: weight of the entropy against the reward',
  }),
  tuneTemperature: toggle({
    default: true,
    source: both,
    description:
      'adjust the temperature so that the entropy is targetEntropyPerAction times the entries of an action',
  }),
  targetEntropyPerAction: number(between(-1e6, 1e6), {
    default: -1,
    source: `Haarnoja et al., Soft Actor-Critic Algorithms and Applications (2018), appendix D; ${both}`,
    description: 'entropy that the temperature is adjusted to, in nats for each entry of an action',
    onlyWith: { tuneTemperature: [true] },
  }),
  logStdMin: logStd('lower', -5, `${cleanRl}; ${sb3} clips at -20`),
  logStdMax: logStd('upper', 2, both),
} as const;

/** How SAC learns. */
export type SacConfig = SettingsOf<typeof SAC_SETTINGS>;

/**
 * Checks settings against each other.
 *
 * @throws RangeError naming both
 */
export function checkSacConfig({ logStdMin, logStdMax }: SacConfig): void {
  if (logStdMin >= logStdMax)
    throw new RangeError(`sac: logStdMin must be less than logStdMax, got ${logStdMin} and ${logStdMax}.`);
}
