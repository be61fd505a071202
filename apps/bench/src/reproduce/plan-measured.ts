import { UsageError } from '../cli/errors.ts';
import { formatDuration } from '../cli/progress.ts';
import type { Ui } from '../cli/ui.ts';
import { START_SECONDS } from './cost-of-run.ts';
import { sameArm, type Experiment } from './experiments.ts';
import type { Measured } from './measure-costs.ts';
import { makespan, planWithin, type ArmCost, type CostOf, type Limits, type Plan } from './plan.ts';

/** A plan, and what was measured for it. */
export interface MeasuredPlan {
  readonly plan: Plan;
  readonly costs: readonly ArmCost[];
}

/**
 * Measures the first environment and plans with its costs; measures others only where the plan takes them up, and plans again.
 *
 * @throws UsageError if the budget is too small for anything
 */
export async function planMeasured(
  experiment: Experiment,
  limits: Limits,
  ui: Ui,
  measure: (measured: readonly Measured[]) => Promise<ArmCost[]>,
): Promise<MeasuredPlan> {
  const costs: ArmCost[] = [];
  const begun = performance.now();
  let toMeasure = experiment.environments.slice(0, 1);
  for (;;) {
    ui.info(`Measuring on ${toMeasure.join(', ')}`);
    costs.push(...(await measure(toMeasure.flatMap((environment) => measuredIn(experiment, environment)))));
    const costOf: CostOf = (environment, arm) => {
      const ofArm = costs.filter((cost) => cost.arm.algorithm === arm.algorithm);
      const cost =
        ofArm.find((known) => known.environment === environment && sameArm(known.arm, arm)) ?? ofArm[0];
      if (!cost) throw new TypeError(`reproduce: ${arm.algorithm} was not measured.`);
      return cost;
    };
    const measuring = (performance.now() - begun) / 1000;
    const budgetSeconds = limits.budgetSeconds - measuring;
    const planned = planWithin(experiment, costOf, { ...limits, budgetSeconds });
    if ('leastSeconds' in planned) {
      const { leastSeconds } = planned;
      throw tooLittle(
        experiment,
        limits,
        `the smallest experiment takes about ${formatDuration(leastSeconds)} on this machine, and measuring took ${formatDuration(measuring)}`,
        `--budget ${roundedUp(1.1 * (leastSeconds + measuring))}`,
      );
    }
    const { plan } = planned;
    const measured = new Set(costs.map(({ environment }) => environment));
    toMeasure = [...new Set(plan.arms.map(({ environment }) => environment))].filter(
      (environment) => !measured.has(environment),
    );
    if (toMeasure.length === 0) return { plan, costs };
  }
}

/**
 * Refuses a budget in which the runs couldn't even be started.
 *
 * @throws UsageError
 */
export function checkBudget(experiment: Experiment, limits: Limits): void {
  const first = experiment.environments[0] ?? '';
  const started = measuredIn(experiment, first).map(() => START_SECONDS);
  const planned = planWithin(experiment, startsAlone, { ...limits, budgetSeconds: 0 });
  const least = makespan(started, limits.cores) + ('leastSeconds' in planned ? planned.leastSeconds : 0);
  if (least > limits.budgetSeconds)
    throw tooLittle(
      experiment,
      limits,
      `to start the runs that are measured, and those of the smallest experiment, takes ${formatDuration(least)}`,
      'several times that with --budget',
    );
}

const startsAlone: CostOf = (environment, arm) => ({
  environment,
  arm,
  startSeconds: START_SECONDS,
  stepSeconds: 0,
  episodeSeconds: 0,
});

const measuredIn = (experiment: Experiment, environment: string): Measured[] =>
  experiment.armsOf(environment).map((arm) => ({ environment, arm }));

/** The error for a budget, with all that makes the smallest experiment smaller. */
function tooLittle(experiment: Experiment, limits: Limits, reason: string, give: string): UsageError {
  const { budgetSeconds, noiseEpisodes, seeds = 1, steps, environments = [] } = limits;
  const algorithms = new Set(
    experiment.armsOf(experiment.environments[0] ?? '').map(({ algorithm }) => algorithm),
  );
  const ways = [
    ...(noiseEpisodes > 0 ? ['--noise-episodes 1'] : []),
    ...(seeds > 1 ? ['fewer --seeds'] : []),
    ...(steps === undefined ? [] : ['fewer --steps']),
    ...(algorithms.size > 1 ? ['fewer --algorithms'] : []),
    ...(environments.length > 1 ? ['fewer --environments'] : []),
  ];
  return new UsageError(
    `${formatDuration(budgetSeconds)} is too little: ${reason}`,
    `Give ${give}${ways.length === 0 ? '' : `, or make it smaller with ${ways.join(', ')}`}.`,
  );
}

/** A time as `--budget` takes it, in tens of seconds, of long ones in minutes. */
function roundedUp(seconds: number): string {
  const unit = seconds > 600 ? 60 : 10;
  return formatDuration(unit * Math.ceil(seconds / unit));
}
