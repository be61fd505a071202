import { SQL_SETTINGS } from '@meow-rl/baselines/settings';

import { defineAlgorithm } from './algorithm.ts';
import { offPolicy } from './baseline-presets.ts';
import { presetOfPaperTask } from './paper-tasks.ts';

/** The first update follows an episode of 1000 steps, as in the authors' runs. */
const common = { ...offPolicy, warmup: 1000 } as const;

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
  pendulum: { ...common, agent: { learningRate: 1e-3 }, steps: 20_000, evaluateEvery: 2000 },
  general: { ...common, agent: { rewardScale: 30 }, steps: 1_000_000 },
} as const;

/** Soft Q-learning, of `@meow-rl/baselines`. No target follows its sampler, so there is no average of it. */
export const sql = defineAlgorithm({
  name: 'sql',
  settings: SQL_SETTINGS,
  presets,
  generalPreset: 'general',
  presetOfEnvironment: {
    ...presetOfPaperTask,
    'Swimmer-v5': 'swimmer',
    'Pendulum-v1': 'pendulum',
  },
  create: async (options) => {
    const { createSqlAgent } = await import('@meow-rl/baselines');
    return createSqlAgent(options);
  },
});
