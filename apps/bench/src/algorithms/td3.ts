import { checkTd3Config, TD3_SETTINGS } from '@meow-rl/baselines/settings';

import { defineAlgorithm } from './algorithm.ts';
import { deterministicPendulum, mujocoPresets, offPolicy, presetOfTask } from './baseline-presets.ts';

const paperAgent = { policyLearningRate: 1e-3, qLearningRate: 1e-3, hidden: [400, 300] };

/**
 * Presets by name.
 *
 * - `mujoco`: HalfCheetah, Hopper, Walker2d and Ant, v4 and v5 alike, with the paper's networks and rates, which RL Zoo has too.
 *   `humanoid` has more steps, `swimmer` a longer horizon.
 * - `pendulum`: RL Zoo's settings for Pendulum-v1.
 * - `general`: CleanRL's settings, for all other environments. Not tuned.
 *
 * Reference: Fujimoto et al. (2018), section 6.1; RL Baselines3 Zoo, hyperparams/td3.yml; CleanRL, td3_continuous_action.py.
 */
const presets = {
  mujoco: { ...mujocoPresets.mujoco, agent: paperAgent },
  humanoid: { ...mujocoPresets.humanoid, agent: paperAgent },
  swimmer: { ...mujocoPresets.swimmer, agent: { ...mujocoPresets.swimmer.agent, ...paperAgent } },
  pendulum: deterministicPendulum,
  general: { ...offPolicy, steps: 1_000_000, warmup: 25_000 },
} as const;

/** Twin Delayed Deep Deterministic policy gradient, of `@meow-rl/baselines`. */
export const td3 = defineAlgorithm({
  name: 'td3',
  settings: TD3_SETTINGS,
  presets,
  generalPreset: 'general',
  presetOfEnvironment: presetOfTask,
  policyEvery: 'policyDelay',
  check: checkTd3Config,
  create: async (options) => {
    const { createTd3Agent } = await import('@meow-rl/baselines');
    return createTd3Agent(options);
  },
  adoptAverage: (agent) => agent.loadParameters(agent.targetParameters()),
});
