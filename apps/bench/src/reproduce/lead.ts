import { meow } from '../algorithms/meow.ts';
import { sac } from '../algorithms/sac.ts';
import { EXPERIMENTS, ISAAC_GPU_ENVIRONMENTS, type Figure } from './experiments.ts';
import { shortenedWarmup, type Plan } from './plan.ts';

/** What a plan, or a figure, has runs of. */
interface Scope {
  readonly algorithms: readonly string[];
  readonly environments: readonly string[];
}

const PAPER = 'MEow (NeurIPS 2024, arXiv 2405.13629)';

/** What each figure shows, of what was run. */
const SUBJECTS: Readonly<Record<Figure, (run: Scope) => string>> = {
  fig1: () =>
    `The soft value with trajectories of the stochastic policy, and the error of three ways to get the soft value, as in Figure 1 of ${PAPER}.`,
  fig2: ({ algorithms, environments }) =>
    `${listed(algorithms.map(spoken))} on ${listed(environments)}, after Figure 2 of ${PAPER}, each with its presets.`,
  fig3: ({ algorithms, environments }) =>
    `${listed(algorithms.map(spoken))} on ${listed(environments)} of Isaac Lab, in the place of tasks of Isaac Gym in Figure 3 of ${PAPER}. Rewards and observations have changed since.`,
  ablations: ({ algorithms, environments }) => {
    const variants = [
      ...(algorithms.includes(meow.name)
        ? [
            'MEow with two, one and no reward shifts and their twin Q',
            'affine couplings against additive ones',
          ]
        : []),
      ...(algorithms.includes(sac.name) ? ['SAC with and without reward shifting'] : []),
    ];
    return `${variants.join(', ')} on ${listed(environments)}; deterministic against sampled actions are the two sets of figures. After the ablations of ${PAPER}.`;
  },
};

/** What the page of a figure says first: what the plan runs, which tasks and algorithms of the figure it lacks, and whether its runs are short. */
export function leadOf(figure: Figure, plan: Plan): string {
  const run: Scope = {
    algorithms: unique(plan.arms.map(({ arm }) => arm.algorithm)),
    environments: unique(plan.arms.map(({ environment }) => environment)),
  };
  const whole = scopeOf(figure);
  const tasks = whole.environments.filter((name) => !run.environments.includes(name));
  const algorithms = whole.algorithms.filter((name) => !run.algorithms.includes(name));
  const missing = [
    ...(tasks.length > 0 ? [`its ${tasks.length > 1 ? 'tasks' : 'task'} ${listed(tasks)}`] : []),
    ...(algorithms.length > 0 ? [listed(algorithms.map(spoken))] : []),
  ];
  const warmup = shortenedWarmup(plan);
  return [
    SUBJECTS[figure](run),
    ...(missing.length > 0 ? [`Of the figure this lacks ${missing.join('; and ')}.`] : []),
    ...(warmup === undefined
      ? []
      : [`The runs are short, with warm-ups shortened to at most ${warmup} steps, and show little.`]),
  ].join(' ');
}

/** All of a figure, on a machine with a GPU. */
function scopeOf(figure: Figure): Scope {
  const { environments, armsOf } = EXPERIMENTS[figure];
  return {
    algorithms: unique(armsOf(environments[0] ?? '').map(({ algorithm }) => algorithm)),
    environments: [...environments, ...(figure === 'fig3' ? ISAAC_GPU_ENVIRONMENTS : [])],
  };
}

/** `MEow`, `SAC` */
const spoken = (algorithm: string): string => (algorithm === meow.name ? 'MEow' : algorithm.toUpperCase());

const unique = (names: readonly string[]): string[] => [...new Set(names)];

/** `a, b and c` */
const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
