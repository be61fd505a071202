import { csvFormat } from 'd3-dsv';

import { identityOf, type RunGroup } from './group-runs.ts';
import type { Run } from './read-run.ts';

/** Columns of a file of curves. */
export const CURVE_COLUMNS = [
  'environment',
  'algorithm',
  'seed',
  'step',
  'deterministic',
  'sampled',
  'seconds',
] as const;

/**
 * Evaluations of all runs as CSV, unsmoothed: a line for each run and step, with the mean return of deterministic and of sampled
 * actions, and the wall-clock seconds since training began; empty where there is none. Groups have their names with all digits, so that other files and
 * runs go with them only where they are the same. {@link readCurves} reads it.
 */
export function curvesCsv(groups: readonly RunGroup[], sampledGroups: readonly RunGroup[]): string {
  const sampled = new Map(
    sampledGroups.flatMap(({ runs }) =>
      runs.flatMap((run) => run.evaluations.map(({ step, mean }) => [keyOf(run, step), mean] as const)),
    ),
  );
  const rows = groups.flatMap(({ environment, name, runs }) =>
    runs.flatMap((run) =>
      run.evaluations.map(({ step, mean, seconds }) => ({
        environment,
        algorithm: name,
        seed: run.seed,
        step,
        deterministic: mean,
        sampled: sampled.get(keyOf(run, step)) ?? '',
        seconds: seconds ?? '',
      })),
    ),
  );
  return `${csvFormat(rows, [...CURVE_COLUMNS])}\n`;
}

const keyOf = (run: Run, step: number): string => `${identityOf(run)} ${step}`;
