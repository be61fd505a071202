import { checkTd3Config, TD3_SETTINGS } from '@meow-rl/baselines/settings';

import { defineAlgorithm } from './algorithm.ts';
import { presetOfTask } from './preset-of-task.ts';

/** What TD3's authors, CleanRL and RL Zoo have in common. */
const common = {
  agent: {},
  numEnvs: 1,
  updatesPerStep: 1,
  bufferSize: 1_000_000,
  evaluateEvery: 10_000,
  policy: 'last',
} as const;

/** The paper's warm-up on HalfCheetah and Ant, RL Zoo's on all MuJoCo tasks. */
const mujoco = { ...common, steps: 1_000_000, warmup: 10_000 } as const;

/**
 * Presets by name.
 *
 * - `mujoco`: HalfCheetah, Hopper, Walker2d and Ant, v4 and v5 alike. `humanoid` has more steps, `swimmer` a longer horizon.
 * - `pendulum`: RL Zoo's settings for Pendulum-v1.
 * - `general`: CleanRL's settings, for all other environments. Not tuned.
 *
 * Reference: Fujimoto et al. (2018), section 6.1; RL Baselines3 Zoo, hyperparams/td3.yml; CleanRL, td3_continuous_action.py.
 */
const presets = {
  mujoco,
  humanoid: { ...mujoco, steps: 2_000_000 },
  swimmer: { ...mujoco, agent: { gamma: 0.9999 } },
  pendulum: {
    ...common,
    agent: { gamma: 0.98, policyLearningRate: 1e-3, qLearningRate: 1e-3, hidden: [400, 300] },
    steps: 20_000,
    warmup: 10_000,
    bufferSize: 200_000,
    evaluateEvery: 2000,
  },
  general: { ...common, steps: 1_000_000, warmup: 25_000 },
} as const;

/** Twin Delayed Deep Deterministic policy gradient, of `@meow-rl/baselines`. */
export const td3 = defineAlgorithm({
  name: 'td3',
  settings: TD3_SETTINGS,
  presets,
  generalPreset: 'general',
  presetOfEnvironment: presetOfTask,
  check: checkTd3Config,
  create: async (options) => {
    const { createTd3Agent } = await import('@meow-rl/baselines');
    return createTd3Agent(options);
  },
  adoptAverage: (agent) => agent.loadParameters(agent.targetParameters()),
});
