import { DDPG_SETTINGS } from '@meow-rl/baselines/settings';

import { defineAlgorithm } from './algorithm.ts';
import { deterministicPendulum, mujocoPresets, offPolicy, presetOfTask } from './baseline-presets.ts';

/**
 * Presets by name.
 *
 * - `mujoco`: HalfCheetah, Hopper, Walker2d and Ant, v4 and v5 alike. `humanoid` has more steps, `swimmer` a longer horizon, as TD3's.
 * - `pendulum`: RL Zoo's settings for Pendulum, with an update in each step.
 * - `paper`: the first paper's sizes and rates, for all tasks; normal noise in place of noise that is correlated in time.
 * - `general`: CleanRL's settings, for all other environments. Not tuned.
 *
 * Reference: Lillicrap et al. (2016), section 7; Fujimoto et al. (2018), section 6.1; RL Baselines3 Zoo, hyperparams/ddpg.yml;
 * CleanRL, ddpg_continuous_action.py.
 */
const presets = {
  ...mujocoPresets,
  pendulum: deterministicPendulum,
  paper: {
    ...mujocoPresets.mujoco,
    agent: {
      tau: 1e-3,
      batchSize: 64,
      policyLearningRate: 1e-4,
      qLearningRate: 1e-3,
      hidden: [400, 300],
      explorationNoise: 0.2,
    },
  },
  general: { ...offPolicy, steps: 1_000_000, warmup: 25_000 },
} as const;

/** Deep Deterministic Policy Gradient, of `@meow-rl/baselines`. */
export const ddpg = defineAlgorithm({
  name: 'ddpg',
  settings: DDPG_SETTINGS,
  presets,
  generalPreset: 'general',
  presetOfEnvironment: presetOfTask,
  policyEvery: 'policyDelay',
  create: async (options) => {
    const { createDdpgAgent } = await import('@meow-rl/baselines');
    return createDdpgAgent(options);
  },
  adoptAverage: (agent) => agent.loadParameters(agent.targetParameters()),
});
