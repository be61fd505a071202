import { checkMeowConfig, MEOW_SETTINGS, whyWithoutMode, type MeowConfig } from '@meow-rl/meow/settings';

import { defineAlgorithm } from './algorithm.ts';
import type { Preset } from './algorithm.ts';
import { isaacPreset, presetOfIsaacTask, presetOfPerSecondTask, STEPS_PER_SECOND } from './isaac-presets.ts';
import { presetOfPaperTask } from './paper-tasks.ts';

/** The authors' settings for the multi-goal task. */
const multiGoal: Partial<MeowConfig> = {
  alpha: 2.5,
  gamma: 0.9,
  tau: 0.0005,
  logSigmaMin: -2,
  logSigmaMax: 1,
};

/** What the paper's MuJoCo runs have in common; `steps` and the agent's settings differ by task. */
const mujoco = {
  numEnvs: 1,
  updatesPerStep: 1,
  bufferSize: 1_000_000,
  evaluateEvery: 10_000,
  policy: 'last',
} as const;

/** The authors' settings for the MuJoCo tasks. */
const tasks = {
  'half-cheetah': {
    ...mujoco,
    agent: { alpha: 0.25, tau: 0.003, logSigmaMax: 2 },
    steps: 1_500_000,
    warmup: 10_000,
  },
  hopper: { ...mujoco, agent: { alpha: 0.25, tau: 0.005 }, steps: 1_500_000, warmup: 5000 },
  walker2d: { ...mujoco, agent: { alpha: 0.1, tau: 0.005 }, steps: 4_000_000, warmup: 10_000 },
  ant: { ...mujoco, agent: { alpha: 0.05, tau: 0.0001 }, steps: 4_000_000, warmup: 5000 },
  humanoid: { ...mujoco, agent: { alpha: 0.125, tau: 0.0005 }, steps: 5_000_000, warmup: 5000 },
} as const;

type Task = keyof typeof tasks;
const TASKS = ['half-cheetah', 'hopper', 'walker2d', 'ant', 'humanoid'] as const;

/** The authors' settings for the tasks of Isaac Gym. */
const isaac = {
  'isaac-ant': isaacPreset('isaac-ant', { alpha: 0.075, tau: 0.0005, logSigmaMax: 2 }),
  'isaac-humanoid': isaacPreset('isaac-humanoid', { alpha: 0.25, tau: 0.00025 }),
  'isaac-ingenuity': isaacPreset('isaac-ingenuity', { alpha: 0.025, tau: 0.0025, logSigmaMin: -4 }),
  'isaac-anymal': isaacPreset('isaac-anymal', { alpha: 0.00075, tau: 0.025, logSigmaMax: -1 }),
  'isaac-allegro-hand': isaacPreset('isaac-allegro-hand', { alpha: 0.1, tau: 0.001, logSigmaMin: -4 }),
  'isaac-franka-cabinet': isaacPreset('isaac-franka-cabinet', { alpha: 0.075, tau: 0.01 }),
} as const;

/** A task's preset with the temperature for rewards that accrue per second. */
function perSecond<T extends keyof typeof STEPS_PER_SECOND>(task: T) {
  const { agent, ...preset } = isaac[task];
  return { ...preset, agent: { ...agent, alpha: agent.alpha / STEPS_PER_SECOND[task] } };
}

const isaacPerSecond = {
  'isaac-ant-per-second': perSecond('isaac-ant'),
  'isaac-humanoid-per-second': perSecond('isaac-humanoid'),
  'isaac-allegro-hand-per-second': perSecond('isaac-allegro-hand'),
  'isaac-franka-cabinet-per-second': perSecond('isaac-franka-cabinet'),
} as const;

/** A task's preset with other settings of the agent, as `<task>-<variant>` for each task. */
const ablation = <const V extends string>(variant: V, agent: Partial<MeowConfig>) =>
  Object.fromEntries(
    TASKS.map((task) => [
      `${task}-${variant}`,
      { ...tasks[task], agent: { ...tasks[task].agent, ...agent } },
    ]),
    // Entry by entry what `fromEntries` can't express.
  ) as Readonly<Record<`${Task}-${V}`, Preset<MeowConfig>>>;

/**
 * Presets by name.
 *
 * - `multi-goal-paper`: the authors' settings for the multi-goal task. Which goals are reached how often still swings
 *   widely after its 4,000 steps.
 * - `multi-goal-demo`: eight environments for wider experience, twice the temperature and averaged parameters, so that no goal
 *   is lost while the values of the others still swing.
 * - `half-cheetah`, `hopper`, `walker2d`, `ant`, `humanoid`, called `<task>` below: the authors' settings for the MuJoCo tasks, v4 and v5 alike.
 * - `mujoco`: what those have in common and Hopper's temperature, for the tasks that the paper leaves out and for environments
 *   of one's own. Not tuned.
 * - `<task>-no-shift`, `<task>-one-shift`: the paper's ablation of learnable reward shifting and of shifted twin Q (Figure 6);
 *   `<task>` has both.
 * - `<task>-affine`: affine couplings for additive ones (Figure A1), with best-of-k for the deterministic action.
 * - `isaac-<task>`: the authors' settings for the tasks of Isaac Gym, under today's names of the tasks too. Rewards and observations have changed
 *   since: returns don't compare. `isaac-<task>-per-second`: the temperature divided by the task's steps in a second, as rewards accrue per second in Isaac Lab.
 *
 * Reference: Chao et al., MEow (2024), appendix on experimental setups.
 */
const presets = {
  'multi-goal-paper': {
    agent: multiGoal,
    steps: 4000,
    warmup: 1000,
    numEnvs: 1,
    updatesPerStep: 1,
    bufferSize: 1_000_000,
    evaluateEvery: 1000,
    policy: 'last',
  },
  'multi-goal-demo': {
    agent: { ...multiGoal, alpha: 5, tau: 0.001 },
    steps: 37_000,
    warmup: 1000,
    numEnvs: 8,
    updatesPerStep: 1 / 8,
    bufferSize: 1_000_000,
    evaluateEvery: 8000,
    policy: 'averaged',
  },
  ...tasks,
  ...ablation('no-shift', { shifts: 0 }),
  ...ablation('one-shift', { shifts: 1 }),
  ...ablation('affine', { layers: 'affine', deterministic: 'best-of-k' }),
  ...isaac,
  ...isaacPerSecond,
  mujoco: { ...mujoco, agent: {}, steps: 1_000_000, warmup: 5000 },
} as const;

/**
 * Checks settings against each other, and that there is a deterministic action: runs evaluate and export it.
 *
 * @throws RangeError naming them
 */
function checkRun(config: MeowConfig): void {
  checkMeowConfig(config);
  const reason = whyWithoutMode(config);
  if (reason !== undefined)
    throw new RangeError(`meow: a run plays and exports its deterministic action. ${reason}.`);
}

/** The agent of `@meow-rl/meow`. */
export const meow = defineAlgorithm({
  name: 'meow',
  settings: MEOW_SETTINGS,
  presets,
  generalPreset: 'mujoco',
  presetOfEnvironment: {
    'MultiGoal-v0': 'multi-goal-paper',
    ...presetOfPaperTask,
    ...presetOfIsaacTask,
    ...presetOfPerSecondTask,
  },
  check: checkRun,
  create: async (options) => {
    const { createMeowAgent } = await import('@meow-rl/meow');
    return createMeowAgent(options);
  },
  adoptAverage: (agent) => agent.loadParameters(agent.targetParameters()),
});
