import { checkPpoConfig, PPO_SETTINGS } from '@meow-rl/baselines/settings';

import { defineAlgorithm } from './algorithm.ts';
import { baseline } from './baseline-presets.ts';
import { presetOfPaperTask } from './paper-tasks.ts';

/** CleanRL's settings for continuous actions. */
const cleanRl = { ...baseline, steps: 1_000_000, normalizeObservations: true, scaleRewards: true } as const;

/** What Stable-Baselines3 has otherwise than CleanRL. */
const sb3 = { annealLearningRate: false, clipValues: false } as const;

/** Its loss of values lacks the 1/2. */
const sb3ValueCoefficient = (coefficient: number) => 2 * coefficient;

/** What RL Zoo's tuned MuJoCo settings have in common. */
const tuned = {
  ...sb3,
  rolloutSteps: 512,
  hidden: [256, 256],
  activation: 'relu',
  initialLogStd: -2,
  orthogonal: false,
} as const;

/**
 * Presets by name.
 *
 * - `general`: CleanRL's settings, which it trains all MuJoCo tasks with; for Hopper, Ant and all other environments.
 * - `half-cheetah`, `walker2d`, `humanoid`: RL Zoo's tuned settings, v4 and v5 alike. `swimmer` has Stable-Baselines3's
 *   defaults and a longer horizon.
 * - `hopper`: RL Zoo's tuned settings for Hopper, by name alone: with them the policy stays upright and stands still, at a return of 1,000.
 * - `pendulum`: RL Zoo's settings for Pendulum-v1, without its state-dependent exploration, and with normalization and annealing.
 * - `many`: CleanRL's settings with as many transitions in a rollout, of 16 environments.
 *
 * Reference: CleanRL, ppo_continuous_action.py; RL Baselines3 Zoo, hyperparams/ppo.yml.
 */
const presets = {
  general: cleanRl,
  many: { ...cleanRl, agent: { rolloutSteps: 128 }, numEnvs: 16 },
  'half-cheetah': {
    ...cleanRl,
    agent: {
      ...tuned,
      gamma: 0.98,
      gaeLambda: 0.92,
      batchSize: 64,
      epochs: 20,
      learningRate: 2.0633e-5,
      clipRange: 0.1,
      valueCoefficient: sb3ValueCoefficient(0.58096),
      entropyCoefficient: 0.000401762,
      gradClip: 0.8,
    },
  },
  hopper: {
    ...cleanRl,
    agent: {
      ...tuned,
      gamma: 0.999,
      gaeLambda: 0.99,
      batchSize: 32,
      epochs: 5,
      learningRate: 9.80828e-5,
      clipRange: 0.2,
      valueCoefficient: sb3ValueCoefficient(0.835671),
      entropyCoefficient: 0.00229519,
      gradClip: 0.7,
    },
  },
  walker2d: {
    ...cleanRl,
    agent: {
      ...sb3,
      rolloutSteps: 512,
      gamma: 0.99,
      gaeLambda: 0.95,
      batchSize: 32,
      epochs: 20,
      learningRate: 5.05041e-5,
      clipRange: 0.1,
      valueCoefficient: sb3ValueCoefficient(0.871923),
      entropyCoefficient: 0.000585045,
      gradClip: 1,
    },
  },
  humanoid: {
    ...cleanRl,
    agent: {
      ...tuned,
      gamma: 0.95,
      gaeLambda: 0.9,
      batchSize: 256,
      epochs: 5,
      learningRate: 3.56987e-5,
      clipRange: 0.3,
      valueCoefficient: sb3ValueCoefficient(0.431892),
      entropyCoefficient: 0.00238306,
      gradClip: 2,
    },
    steps: 10_000_000,
  },
  swimmer: { ...cleanRl, agent: { ...sb3, gamma: 0.9999, valueCoefficient: sb3ValueCoefficient(0.5) } },
  pendulum: {
    ...cleanRl,
    agent: { gamma: 0.9, learningRate: 1e-3, rolloutSteps: 1024 },
    steps: 147_456,
    numEnvs: 4,
  },
} as const;

/** Proximal policy optimization, of `@meow-rl/baselines`. It has no targets. */
export const ppo = defineAlgorithm({
  name: 'ppo',
  settings: PPO_SETTINGS,
  presets,
  generalPreset: 'general',
  presetOfEnvironment: {
    ...presetOfPaperTask,
    'Hopper-v5': 'general',
    'Hopper-v4': 'general',
    'Ant-v5': 'general',
    'Ant-v4': 'general',
    'Swimmer-v5': 'swimmer',
    'Pendulum-v1': 'pendulum',
  },
  check: checkPpoConfig,
  rolloutSteps: ({ rolloutSteps }) => rolloutSteps,
  goesBySteps: ({ annealLearningRate }) => annealLearningRate,
  create: async (options) => {
    const { createPpoAgent } = await import('@meow-rl/baselines');
    return createPpoAgent(options);
  },
});
