import type { SettingsOf } from '@meow-rl/learner/settings';

import { deterministicSettings, policyDelay } from './deterministic-settings.ts';

const paper = 'Lillicrap et al. (2016)';
const both = 'CleanRL ddpg_continuous_action.py and sfujim/TD3 (OurDDPG.py)';

/** DDPG's settings, as CleanRL and TD3's authors have them. Where the paper differs, the default's source says so. */
export const DDPG_SETTINGS = {
  ...deterministicSettings({
    gamma: `${paper}; ${both}`,
    tau: `${both}; ${paper} has 1e-3`,
    batchSize: `${both}; ${paper} has 64`,
    policyLearningRate: `${both}; ${paper} has 1e-4`,
    qLearningRate: `${both}; ${paper} has 1e-3`,
    hidden: `${both}; ${paper} has 400,300`,
    explorationNoise: `${both}; ${paper} has Ornstein-Uhlenbeck noise of 0.2`,
  }),
  policyDelay: policyDelay({
    default: 1,
    source: `${paper}, sfujim/TD3 (OurDDPG.py), Stable-Baselines3 DDPG; CleanRL has 2`,
  }),
} as const;

/** How DDPG learns. */
export type DdpgConfig = SettingsOf<typeof DDPG_SETTINGS>;
