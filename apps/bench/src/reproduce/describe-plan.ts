import { counted } from '../cli/counted.ts';
import { formatDuration } from '../cli/progress.ts';
import { formatTable } from '../cli/table.ts';
import { sameArm, type Arm } from './experiments.ts';
import { shortenedWarmup, type ArmCost, type Plan } from './plan.ts';

/** What will be run and how long that takes, as a table. */
export function describePlan(plan: Plan, costs: readonly ArmCost[], cores: number): string {
  const { arms, seeds, seconds } = plan;
  const rateOf = (environment: string, arm: Arm): string => {
    const cost = costs.find((measured) => measured.environment === environment && sameArm(measured.arm, arm));
    return cost === undefined ? '' : (1 / cost.stepSeconds).toFixed(0);
  };
  const rows = arms.map(({ environment, arm, steps, evaluateEvery, seconds: each }) => [
    environment,
    armName(arm),
    `${seeds}`,
    `${steps}`,
    `${evaluateEvery}`,
    rateOf(environment, arm),
    formatDuration(each),
  ]);
  const runs = arms.length * seeds;
  const shortened = shortenedWarmup(plan);
  return [
    formatTable(
      ['environment', 'algorithm', 'seeds', 'steps', 'evaluated every', 'steps/s measured', 'each run takes'],
      rows,
    ),
    `${counted(runs, 'run')} on ${counted(cores, 'core')}: about ${formatDuration(seconds)}`,
    ...(shortened === undefined
      ? []
      : [
          `These are few steps: warm-ups are shortened to at most ${shortened}, and curves show little. A larger --budget, or more --steps, shows more.`,
        ]),
  ].join('\n\n');
}

/** `meow`, `meow hopper-no-shift` */
const armName = ({ algorithm, preset }: Arm): string =>
  preset === undefined ? algorithm : `${algorithm} ${preset}`;
