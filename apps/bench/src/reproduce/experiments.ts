import { resolveConfig } from '@meow-rl/learner/settings';

import type { Preset } from '../algorithms/algorithm.ts';
import { algorithmNamed } from '../algorithms/index.ts';
import { meow } from '../algorithms/meow.ts';
import { presetOfPaperTask } from '../algorithms/paper-tasks.ts';
import { presetNamed, usualPreset } from '../algorithms/presets.ts';
import { sac } from '../algorithms/sac.ts';
import type { RawConfig } from '../cli/config-file.ts';
import { UsageError } from '../cli/errors.ts';
import { taskOf } from '../environments/task-of.ts';

/** A learner of an experiment: an algorithm, and the preset that it trains with in an environment. */
export interface Arm {
  readonly algorithm: string;
  /** Default: that of the environment. */
  readonly preset?: string;
}

export const sameArm = (a: Arm, b: Arm): boolean => a.algorithm === b.algorithm && a.preset === b.preset;

/**
 * The preset that an arm trains with in an environment.
 *
 * @throws UsageError if its algorithm has none of that name
 */
export function presetOfArm({ algorithm: name, preset }: Arm, environment: string): Preset {
  const algorithm = algorithmNamed(name);
  return presetNamed(preset ?? usualPreset(algorithm, environment), algorithm);
}

/** Environment steps of a rollout of an arm, of all its environments together; 0 for what learns from a replay buffer. */
export function rolloutOfArm(arm: Arm, environment: string): number {
  const algorithm = algorithmNamed(arm.algorithm);
  if (!algorithm.rolloutSteps) return 0;
  const { agent, numEnvs } = presetOfArm(arm, environment);
  return algorithm.rolloutSteps(resolveConfig(algorithm, agent)) * numEnvs;
}

/** What a figure is made of at full length. */
export interface Experiment {
  readonly title: string;
  /** In the order in which a budget takes them up. */
  readonly environments: readonly string[];
  /** @throws UsageError if there is no such experiment in an environment */
  armsOf(environment: string): readonly Arm[];
  /** Seeds at most. */
  readonly seeds: number;
  /** Environment steps of the paper, those of all environments that step together. */
  stepsOf(environment: string): number;
  /**
   * Environment steps from which on some environments with some seeds are worth more than fewer of them with more steps.
   * With one environment and one seed: the fewest that show anything.
   */
  leastSteps(environments: number, seeds: number): number;
  /**
   * What a budget may come down to where it has no room for those, with warm-ups shortened, but for rollouts that are longer. Default: nothing
   * below them.
   */
  readonly shortestSteps?: number;
  /** Settings of all runs. */
  readonly settings: RawConfig;
  /** Whether final policies are played with noise. */
  readonly playsWithNoise: boolean;
}

/** What `reproduce` makes. */
export const FIGURES = ['fig1', 'fig2', 'fig3', 'ablations'] as const;
export type Figure = (typeof FIGURES)[number];

const MEOW: Arm = { algorithm: meow.name };
const SAC: Arm = { algorithm: sac.name };

/** The paper's steps are those of MEow's presets; all algorithms have as many. */
const paperSteps = (environment: string): number => presetOfArm(MEOW, environment).steps;

/** Settings of runs whose curves are compared. */
const CURVES: RawConfig = { evaluationEpisodes: 5, logEvery: 1000 };

/**
 * Ten thousand steps are the warm-up of some presets. A few seeds are worth more than a longer run of one, and five, the paper's number, more
 * than a further task.
 */
const mujocoLeastSteps = (environments: number, seeds: number): number => {
  if (environments > 1) return 200_000;
  if (seeds > 3) return 120_000;
  if (seeds > 2) return 60_000;
  return seeds > 1 ? 30_000 : 15_000;
};

/** Some updates of all algorithms. */
const MUJOCO_SHORTEST = 2500;

/** The paper's Ant and Humanoid. */
const ISAAC_TASKS = ['isaac:Isaac-Ant-Direct', 'isaac:Isaac-Humanoid-Direct'] as const;

/** Environments that Isaac steps together, of these. */
const ISAAC_ENVIRONMENTS = presetOfArm(MEOW, ISAAC_TASKS[0]).numEnvs;

const MULTI_GOAL = 'MultiGoal-v0';
const DEMO: Arm = { ...MEOW, preset: 'multi-goal-demo' };
const DEMO_STEPS = presetOfArm(DEMO, MULTI_GOAL).steps;

/** The paper's experiments, at full length. */
export const EXPERIMENTS: Readonly<Record<Figure, Experiment>> = {
  fig1: {
    title: "MEow's Figure 1: the multi-goal environment",
    environments: [MULTI_GOAL],
    armsOf: (environment) => {
      if (environment !== MULTI_GOAL)
        throw new UsageError(
          `Figure 1 is of ${MULTI_GOAL}, not of ${environment}`,
          'Leave out --environments, or reproduce fig2.',
        );
      return [DEMO];
    },
    seeds: 5,
    stepsOf: () => DEMO_STEPS,
    leastSteps: () => DEMO_STEPS,
    settings: { logEvery: 500, evaluationEpisodes: 5 },
    playsWithNoise: false,
  },
  fig2: {
    title: "MEow's Figure 2: MuJoCo",
    environments: ['HalfCheetah-v5', 'Hopper-v5', 'Walker2d-v5', 'Ant-v5', 'Humanoid-v5'],
    armsOf: () => ['meow', 'sac', 'td3', 'ddpg', 'sql', 'ppo'].map((algorithm) => ({ algorithm })),
    seeds: 5,
    stepsOf: paperSteps,
    leastSteps: mujocoLeastSteps,
    shortestSteps: MUJOCO_SHORTEST,
    settings: CURVES,
    playsWithNoise: true,
  },
  fig3: {
    title: "MEow's Figure 3: Isaac",
    environments: ISAAC_TASKS,
    armsOf: () => [MEOW, SAC],
    seeds: 5,
    stepsOf: paperSteps,
    leastSteps: (environments, seeds) =>
      ISAAC_ENVIRONMENTS * (environments > 1 ? 20_000 : seeds > 3 ? 10_000 : seeds > 1 ? 4000 : 1000),
    settings: { evaluationEpisodes: 10, logEvery: ISAAC_ENVIRONMENTS * 20 },
    playsWithNoise: false,
  },
  ablations: {
    title: "MEow's ablations",
    environments: ['HalfCheetah-v5', 'Hopper-v5'],
    armsOf: (environment) => {
      if (!Object.hasOwn(presetOfPaperTask, taskOf({ environment })))
        throw new UsageError(
          `the ablations have no presets for ${environment}`,
          `They have for ${Object.keys(presetOfPaperTask).join(', ')}.`,
        );
      const task = usualPreset(meow, environment);
      return [
        MEOW,
        { ...MEOW, preset: `${task}-one-shift` },
        { ...MEOW, preset: `${task}-no-shift` },
        { ...MEOW, preset: `${task}-affine` },
        SAC,
        { ...SAC, preset: `${usualPreset(sac, environment)}-shifted` },
      ];
    },
    seeds: 5,
    stepsOf: paperSteps,
    leastSteps: mujocoLeastSteps,
    shortestSteps: MUJOCO_SHORTEST,
    settings: CURVES,
    playsWithNoise: true,
  },
};

/** The paper's further tasks, for machines with a GPU; Isaac Lab has no successor of Ingenuity. */
export const ISAAC_GPU_ENVIRONMENTS = [
  'isaac:Isaac-Velocity-Flat-AnymalD',
  'isaac:Isaac-Reorient-Cube-Allegro-Direct',
  'isaac:Isaac-Open-Drawer-Franka-Direct',
] as const;
