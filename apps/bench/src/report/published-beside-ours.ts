import type { EnvironmentResult, GroupResult } from '../compare/analyse.ts';
import type { CurvePoint } from '../compare/learning-curve.ts';
import { presetOfIsaacTask } from '../algorithms/isaac-presets.ts';
import { taskOf } from '../environments/task-of.ts';
import { PUBLISHED_RETURNS, type PublishedReturn } from './published-returns.ts';

/** A published return with what the runs beside it have. */
export interface PublishedBesideOurs {
  readonly environment: string;
  readonly published: PublishedReturn;
  /** The group of that algorithm with its preset, or the only one; absent where there is none. */
  readonly ours?: {
    readonly label: string;
    /** At the same number of steps; absent where no run has come so far, or none was evaluated near there. */
    readonly same?: CurvePoint;
    /** At the last evaluation of all seeds. */
    readonly last: CurvePoint;
  };
}

/** An evaluation counts for a number of steps within this share of it. */
const NEAR = 0.02;

/** The published returns of the tasks that were compared, those of the algorithms that were run first. */
export const publishedBesideOurs = (results: readonly EnvironmentResult[]): PublishedBesideOurs[] =>
  results.flatMap((result) => {
    const task = taskNameOf(result.environment);
    const rows = PUBLISHED_RETURNS.filter((published) => published.task === task).map((published) => {
      const group = groupBeside(published, result.groups);
      const ours = group && besideIt(group, published.steps);
      return Object.assign({ environment: result.environment, published }, ours && { ours });
    });
    return [...rows.filter(({ ours }) => ours), ...rows.filter(({ ours }) => !ours)];
  });

/** Published returns are of an algorithm as it is: ablations don't stand beside them in its place. */
function groupBeside(
  { algorithm }: PublishedReturn,
  groups: readonly GroupResult[],
): GroupResult | undefined {
  const ofAlgorithm = groups.filter((group) => group.algorithm === algorithm);
  return (
    ofAlgorithm.find(({ label }) => label === algorithm) ??
    (ofAlgorithm.length === 1 ? ofAlgorithm[0] : undefined)
  );
}

function besideIt({ label, meanCurve, seeds }: GroupResult, steps: number): PublishedBesideOurs['ours'] {
  const whole = meanCurve.filter((point) => point.seeds === seeds.length && point.interpolated === undefined);
  const last = whole.at(-1) ?? meanCurve.at(-1);
  if (!last) return undefined;
  const same = whole.reduce<CurvePoint | undefined>(
    (nearest, point) =>
      Math.abs(point.step - steps) <= NEAR * steps &&
      (nearest === undefined || Math.abs(point.step - steps) < Math.abs(nearest.step - steps))
        ? point
        : nearest,
    undefined,
  );
  return { label, ...(same && { same }), last };
}

/** The paper's names of Isaac's tasks. */
const ISAAC_NAMES = {
  'isaac-ant': 'Isaac-Ant',
  'isaac-humanoid': 'Isaac-Humanoid',
  'isaac-ingenuity': 'Isaac-Ingenuity',
  'isaac-anymal': 'Isaac-ANYmal',
  'isaac-allegro-hand': 'Isaac-AllegroHand',
  'isaac-franka-cabinet': 'Isaac-FrankaCabinet',
} as const;

/** An environment without its version, as published returns name it. */
function taskNameOf(environment: string): string {
  const isaac = presetOfIsaacTask[environment];
  return isaac === undefined ? taskOf({ environment }).replace(/-v\d+$/, '') : ISAAC_NAMES[isaac];
}
