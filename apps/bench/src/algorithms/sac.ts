import { checkSacConfig, SAC_SETTINGS } from '@meow-rl/baselines/settings';

import { defineAlgorithm } from './algorithm.ts';
import { mujocoPresets, offPolicy, presetOfTask } from './baseline-presets.ts';

/**
 * Presets by name.
 *
 * - `mujoco`: HalfCheetah, Hopper, Walker2d and Ant, v4 and v5 alike. `humanoid` has more steps, `swimmer` a longer horizon.
 * - `mujoco-shifted`, `humanoid-shifted`: with learnable reward shifting, the MEow paper's ablation of SAC (Figure A4).
 * - `pendulum`: Pendulum-v1, as in RL Zoo with the first update after 100 steps, which is Stable-Baselines3's default.
 * - `general`: CleanRL's settings, for all other environments. Not tuned.
 *
 * Reference: RL Baselines3 Zoo, hyperparams/sac.yml; CleanRL, sac_continuous_action.py.
 */
const presets = {
  ...mujocoPresets,
  'mujoco-shifted': { ...mujocoPresets.mujoco, agent: { shifts: 1 } },
  'humanoid-shifted': { ...mujocoPresets.humanoid, agent: { shifts: 1 } },
  pendulum: {
    ...offPolicy,
    agent: { policyLearningRate: 1e-3, qLearningRate: 1e-3, temperatureLearningRate: 1e-3 },
    steps: 20_000,
    warmup: 100,
    evaluateEvery: 2000,
  },
  general: { ...offPolicy, steps: 1_000_000, warmup: 5000 },
} as const;

/** Soft Actor-Critic, of `@meow-rl/baselines`. No target follows its policy, so there is no average of it. */
export const sac = defineAlgorithm({
  name: 'sac',
  settings: SAC_SETTINGS,
  presets,
  generalPreset: 'general',
  presetOfEnvironment: presetOfTask,
  check: checkSacConfig,
  create: async (options) => {
    const { createSacAgent } = await import('@meow-rl/baselines');
    return createSacAgent(options);
  },
});
