import type { SettingsOf } from '@meow-rl/learner/settings';

import { actionNoise, deterministicSettings, policyDelay } from './deterministic-settings.ts';

const paper = 'Fujimoto et al. (2018)';
const both = 'sfujim/TD3 (main.py, TD3.py) and CleanRL td3_continuous_action.py';
const all = `${paper}; ${both}`;

/** TD3's settings, as its authors' newer code and CleanRL have them. Where the paper differs, the default's source says so. */
export const TD3_SETTINGS = {
  ...deterministicSettings({
    gamma: all,
    tau: all,
    batchSize: `${both}; ${paper} has 100`,
    policyLearningRate: `${both}; ${paper} has 1e-3`,
    qLearningRate: `${both}; ${paper} has 1e-3`,
    hidden: `${both}; ${paper} has 400,300`,
    explorationNoise: all,
  }),
  policyDelay: policyDelay({ default: 2, source: all }),
  targetNoise: actionNoise({
    default: 0.2,
    source: all,
    description: "standard deviation of the normal noise on the target policy's actions",
  }),
  targetNoiseClip: actionNoise({
    default: 0.5,
    source: all,
    description: "largest noise on an entry of the target policy's actions",
  }),
} as const;

/** How TD3 learns. */
export type Td3Config = SettingsOf<typeof TD3_SETTINGS>;

/**
 * Checks settings against each other.
 *
 * @throws RangeError naming both
 */
export function checkTd3Config({ targetNoise, targetNoiseClip }: Td3Config): void {
  if (targetNoise > 0 && targetNoiseClip === 0)
    throw new RangeError(
      `td3: targetNoiseClip must be above 0 with targetNoise ${targetNoise}, got 0. Only targetNoise 0 turns the smoothing off.`,
    );
}
