import { SQL_SETTINGS } from '@meow-rl/baselines/settings';

import { defineAlgorithm } from './algorithm.ts';

/** What the authors' runs have in common: the first update follows an episode of 1000 steps. */
const common = {
  warmup: 1000,
  numEnvs: 1,
  updatesPerStep: 1,
  bufferSize: 1_000_000,
  evaluateEvery: 10_000,
  policy: 'last',
} as const;

/**
 * Presets by name.
 *
 * - `half-cheetah`, `hopper`, `walker2d`, `ant`, `humanoid`: the reward scales and steps of the MEow paper, v4 and v5 alike. `swimmer`:
 *   the authors' reward scale.
 * - `pendulum`: Pendulum-v1. Tuned here.
 * - `general`: the reward scale that most of the authors' tasks have, for all other environments. Not tuned.
 *
 * Reference: Chao et al., MEow (2024), appendix on experimental setups; haarnoja/softqlearning, examples/mujoco_all_sql.py.
 */
const presets = {
  'half-cheetah': { ...common, agent: { rewardScale: 30 }, steps: 1_500_000 },
  hopper: { ...common, agent: { rewardScale: 30 }, steps: 1_500_000 },
  walker2d: { ...common, agent: { rewardScale: 10 }, steps: 4_000_000 },
  ant: { ...common, agent: { rewardScale: 300 }, steps: 4_000_000 },
  humanoid: { ...common, agent: { rewardScale: 100 }, steps: 5_000_000 },
  swimmer: { ...common, agent: { rewardScale: 30 }, steps: 500_000 },
  pendulum: {
    ...common,
    agent: { learningRate: 1e-3 },
    steps: 20_000,
    evaluateEvery: 2000,
  },
  general: { ...common, agent: { rewardScale: 30 }, steps: 1_000_000 },
} as const;

/** Soft Q-learning, of `@meow-rl/baselines`. No target follows its sampler, so there is no average of it. */
export const sql = defineAlgorithm({
  name: 'sql',
  settings: SQL_SETTINGS,
  presets,
  generalPreset: 'general',
  presetOfEnvironment: {
    'HalfCheetah-v5': 'half-cheetah',
    'HalfCheetah-v4': 'half-cheetah',
    'Hopper-v5': 'hopper',
    'Hopper-v4': 'hopper',
    'Walker2d-v5': 'walker2d',
    'Walker2d-v4': 'walker2d',
    'Ant-v5': 'ant',
    'Ant-v4': 'ant',
    'Humanoid-v5': 'humanoid',
    'Humanoid-v4': 'humanoid',
    'Swimmer-v5': 'swimmer',
    'Pendulum-v1': 'pendulum',
  },
  create: async (options) => {
    const { createSqlAgent } = await import('@meow-rl/baselines');
    return createSqlAgent(options);
  },
});
