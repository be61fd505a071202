import { evaluateEvery } from './evaluate-every.ts';
import { presetOfArm, rolloutOfArm, type Arm, type Experiment } from './experiments.ts';

/** What a run of an arm in an environment costs on one core of a machine, as measured. */
export interface ArmCost {
  readonly environment: string;
  readonly arm: Arm;
  /** From the start of the process to its first step, and from the last one to its end. */
  readonly startSeconds: number;
  /** Per environment step, with its updates. */
  readonly stepSeconds: number;
  /** Per evaluation episode of full length. */
  readonly episodeSeconds: number;
}

/** A run of a plan. */
export interface PlannedArm {
  readonly environment: string;
  readonly arm: Arm;
  readonly steps: number;
  readonly evaluateEvery: number;
  /** Steps with random actions, where there are too few steps for those of the preset; absent where the preset's are as few. */
  readonly warmup?: number;
  /** Wall-clock seconds that each of its seeds takes. */
  readonly seconds: number;
}

/** What is run within a budget. */
export interface Plan {
  readonly seeds: number;
  readonly arms: readonly PlannedArm[];
  /** Wall-clock seconds of all runs, and of playing with noise. */
  readonly seconds: number;
}

/** The most of the warm-ups that are shorter than the presets'; undefined where none is. */
export function shortenedWarmup({ arms }: Plan): number | undefined {
  const warmups = arms.flatMap(({ warmup }) => warmup ?? []);
  return warmups.length === 0 ? undefined : Math.max(...warmups);
}

/** What a plan has to fit into. */
export interface Limits {
  readonly budgetSeconds: number;
  /** Runs that go on at one time. */
  readonly cores: number;
  /** Episodes of an evaluation, deterministic and sampled ones alike. */
  readonly evaluationEpisodes: number;
  /** Episodes with noise that each final policy plays. */
  readonly noiseEpisodes: number;
  /** Asked for by the user, and kept whatever the budget. */
  readonly environments?: readonly string[] | undefined;
  readonly seeds?: number | undefined;
  readonly steps?: number | undefined;
}

/** The cost of an arm. */
export type CostOf = (environment: string, arm: Arm) => ArmCost;

/** A plan, or the seconds that the smallest one takes. */
export type Planned = { readonly plan: Plan } | { readonly leastSeconds: number };

/**
 * Fits environments, seeds and steps into a budget: as many environments with all seeds as have enough steps, else fewer seeds in the
 * first environment. Whatever is chosen then gets as many steps as fit, all arms the same number. Where not even the fewest steps that
 * show anything fit, there are fewer, with warm-ups that are shorter than the presets'.
 */
export function planWithin(experiment: Experiment, costOf: CostOf, limits: Limits): Planned {
  const rungs = rungsOf(experiment, limits);
  for (const rung of rungs) {
    const least = leastStepsOf(experiment, limits, rung);
    const most = Math.max(...experiment.environments.slice(0, rung.environments).map(experiment.stepsOf));
    const choices = limits.steps === undefined ? roundSteps(least, most) : [limits.steps];
    for (const steps of choices) {
      const plan = planOf(experiment, costOf, limits, { ...rung, steps });
      if (plan.seconds <= limits.budgetSeconds) return { plan };
    }
  }
  const smallest = rungs.at(-1) ?? { environments: 1, seeds: 1 };
  const least = leastStepsOf(experiment, limits, smallest);
  const shortest =
    limits.steps ?? Math.max(experiment.shortestSteps ?? least, longestRollout(experiment, smallest));
  for (const steps of roundSteps(shortest, least)) {
    const plan = planOf(experiment, costOf, limits, { ...smallest, steps });
    if (plan.seconds <= limits.budgetSeconds) return { plan };
  }
  return { leastSeconds: planOf(experiment, costOf, limits, { ...smallest, steps: shortest }).seconds };
}

/** With fewer steps than a rollout nothing is learned. */
const longestRollout = ({ environments, armsOf }: Experiment, { environments: count }: Rung): number =>
  Math.max(
    ...environments
      .slice(0, count)
      .flatMap((environment) => armsOf(environment).map((arm) => rolloutOfArm(arm, environment))),
  );

/** At most a quarter of few steps, of which the preset's warm-up might leave nothing to learn from. What learns from rollouts has none. */
export function warmupOf(
  experiment: Experiment,
  { environment, arm, steps }: Pick<PlannedArm, 'environment' | 'arm' | 'steps'>,
): Pick<PlannedArm, 'warmup'> {
  const { warmup = 0 } = presetOfArm(arm, environment);
  const most = Math.floor(steps / 4);
  return steps < experiment.leastSteps(1, 1) && warmup > most ? { warmup: most } : {};
}

interface Rung {
  readonly environments: number;
  readonly seeds: number;
}

/** Of environments that the user has chosen none is worth more than another. */
const leastStepsOf = (experiment: Experiment, limits: Limits, { environments, seeds }: Rung): number =>
  limits.steps ?? experiment.leastSteps(limits.environments === undefined ? environments : 1, seeds);

/** From the most that is run to the least. */
function rungsOf({ environments, seeds: most }: Experiment, { environments: chosen, seeds }: Limits): Rung[] {
  const fewest = chosen === undefined ? 1 : environments.length;
  const all = environments
    .slice(fewest - 1)
    .map((_, i) => ({ environments: environments.length - i, seeds: seeds ?? most }));
  const fewerSeeds = seeds === undefined ? [3, 2, 1].filter((count) => count < most) : [];
  return [...all, ...fewerSeeds.map((count) => ({ environments: fewest, seeds: count }))];
}

/** Round numbers from `most` down to `least`, both included. */
function roundSteps(least: number, most: number): number[] {
  const mantissas = [10, 12, 15, 20, 25, 30, 40, 50, 60, 80];
  const powers = Array.from({ length: 8 }, (_, i) => 10 ** (i + 1));
  const between = powers.flatMap((power) => mantissas.map((mantissa) => mantissa * power));
  const steps = [least, ...between.filter((value) => value > least && value < most), most];
  return [...new Set(steps)].toReversed();
}

function planOf(
  experiment: Experiment,
  costOf: CostOf,
  { cores, evaluationEpisodes, noiseEpisodes, steps: asked }: Limits,
  { environments, seeds, steps: atMost }: Rung & { readonly steps: number },
): Plan {
  let noiseSeconds = 0;
  const arms = experiment.environments.slice(0, environments).flatMap((environment) =>
    experiment.armsOf(environment).map((arm): PlannedArm => {
      const steps = asked ?? Math.min(atMost, experiment.stepsOf(environment));
      const every = evaluateEvery(steps, environment);
      const { startSeconds, stepSeconds, episodeSeconds } = costOf(environment, arm);
      const episodes = 2 * evaluationEpisodes * Math.floor(steps / every);
      noiseSeconds += seeds * noiseEpisodes * episodeSeconds;
      const seconds = startSeconds + steps * stepSeconds + episodes * episodeSeconds;
      const planned = { environment, arm, steps, evaluateEvery: every, seconds };
      return Object.assign(planned, warmupOf(experiment, planned));
    }),
  );
  const durations = arms.flatMap(({ seconds }) => Array.from({ length: seeds }, () => seconds));
  return { seeds, arms, seconds: makespan(durations, cores) + noiseSeconds };
}

/** Seconds until all runs have ended, where the longest begin first and each core takes the next when it is free. */
export function makespan(durations: readonly number[], cores: number): number {
  const ends = Array.from({ length: Math.max(1, cores) }, () => 0);
  for (const duration of durations.toSorted((a, b) => b - a)) {
    const free = ends.indexOf(Math.min(...ends));
    ends[free] = (ends[free] ?? 0) + duration;
  }
  return Math.max(...ends);
}
