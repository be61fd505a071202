import type { ConfidenceInterval } from '@meow-rl/train';

import { movingAverage } from './moving-average.ts';
import type { Run } from './read-run.ts';

/** A point of a learning curve. */
export type CurvePoint = ConfidenceInterval & {
  readonly step: number;
  /** Seeds whose evaluations begin and end around this step. */
  readonly seeds: number;
  /** How many of them weren't evaluated at this step itself: they count with what lies between their evaluations. Absent where there are none. */
  readonly interpolated?: number;
};

/**
 * What the seeds of a group have at each step at which one of them was evaluated. The others count with the line between their evaluations before and
 * after it: a mean over now these and now those seeds would jump between them. Before its first evaluation and after its last a seed doesn't count.
 *
 * @param smooth evaluations of a run that each value averages
 */
export function learningCurve(
  runs: readonly Pick<Run, 'evaluations'>[],
  smooth: number,
  intervalOf: (values: readonly number[]) => ConfidenceInterval,
): CurvePoint[] {
  const seeds = runs.map(({ evaluations }) => {
    const values = movingAverage(
      evaluations.map(({ mean }) => mean),
      smooth,
    );
    return evaluations.map(({ step }, i): Point => ({ step, value: values[i] ?? Number.NaN }));
  });
  const steps = [...new Set(seeds.flatMap((points) => points.map(({ step }) => step)))].toSorted(
    (a, b) => a - b,
  );
  const lines = seeds.map((points) => valuesAt(points, steps));
  return steps.map((step, i) => {
    const known = lines.flatMap((line) => line[i] ?? []);
    const interpolated = known.filter(({ isInterpolated }) => isInterpolated).length;
    return Object.assign(
      { step, seeds: known.length },
      interpolated > 0 && { interpolated },
      intervalOf(known.map(({ value }) => value)),
    );
  });
}

interface Point {
  readonly step: number;
  readonly value: number;
}

/** A seed's values at ascending steps, linear between its points; undefined before the first and after the last one. */
function valuesAt(points: readonly Point[], steps: readonly number[]) {
  let next = 0;
  return steps.map((step) => {
    while ((points[next]?.step ?? Infinity) < step) next += 1;
    const [before, after] = [points[next - 1], points[next]];
    if (after?.step === step) return { value: after.value, isInterpolated: false };
    if (!before || !after) return undefined;
    const share = (step - before.step) / (after.step - before.step);
    return { value: before.value + share * (after.value - before.value), isInterpolated: true };
  });
}

/** Where the points of a curve have all of the seeds: from the first of these to the last. */
export function splitAtFewerSeeds(curve: readonly CurvePoint[], seeds: number) {
  const isWhole = (point: CurvePoint): boolean => point.seeds === seeds;
  const first = curve.findIndex(isWhole);
  if (first < 0) return { full: [], dashed: [curve] };
  const last = curve.findLastIndex(isWhole);
  // With a point of overlap, so that the line has no gap.
  const dashed = [curve.slice(0, first + 1), curve.slice(last)].filter(({ length }) => length > 1);
  return { full: curve.slice(first, last + 1), dashed };
}

/** Groups in whose curves a seed counts between its evaluations. */
export const interpolatedGroups = <G extends { readonly curve: readonly CurvePoint[] }>(
  groups: readonly G[],
): G[] => groups.filter(({ curve }) => curve.some(({ interpolated }) => interpolated !== undefined));
