import path from 'node:path';

import { isRecord, readWholeConfig } from '../cli/config-file.ts';
import { readEvents } from '../runs/read-events.ts';
import { CONFIG, METRICS } from '../runs/run-files.ts';
import type { PlannedTrial } from '../sweep/trial.ts';

/** What an evaluation found. */
export interface RacePoint {
  readonly step: number;
  readonly updates: number;
  /** Of the training loop until then, without evaluations. */
  readonly seconds: number;
  /** Mean return of its episodes, with deterministic actions. */
  readonly return: number;
}

/** A finished run of a contestant. */
export interface RaceRun {
  readonly contestant: string;
  readonly seed: number;
  readonly points: readonly RacePoint[];
  /** Of what it ran on. */
  readonly versions: Readonly<Record<string, string>>;
}

/** A contestant over its seeds. */
export interface RaceResult {
  readonly contestant: string;
  readonly seeds: readonly number[];
  /** Means over the seeds. */
  readonly points: readonly RacePoint[];
  /** Of the loop with updates; undefined where there are less than two evaluations after the first update. */
  readonly stepsPerSecond: number | undefined;
}

/** Reads what a contestant's run has left. */
export async function readRaceRun({ folder, algorithm, settings }: PlannedTrial): Promise<RaceRun> {
  let evaluating = 0;
  const points: RacePoint[] = [];
  for await (const event of readEvents(path.join(folder, METRICS))) {
    if (event.type !== 'evaluation') continue;
    const { step, updates, mean, time } = event;
    evaluating += time.duration;
    points.push({ step, updates, seconds: time.seconds - evaluating, return: mean });
  }
  const { versions } = await readWholeConfig(path.join(folder, CONFIG));
  return {
    contestant: algorithm,
    seed: Number(settings['seed']),
    points,
    versions: Object.fromEntries(
      Object.entries(isRecord(versions) ? versions : {}).map(([name, version]) => [name, String(version)]),
    ),
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Contestants in the order in which they come first, each over its seeds, at the steps that all of those have reached. */
export function raceResults(runs: readonly RaceRun[]): RaceResult[] {
  const contestants = [...new Set(runs.map(({ contestant }) => contestant))];
  return contestants.map((contestant) => {
    const own = runs.filter((run) => run.contestant === contestant);
    const count = Math.min(...own.map(({ points }) => points.length));
    const points = Array.from({ length: count }, (_, i): RacePoint => {
      const at = own.flatMap((run) => run.points[i] ?? []);
      return {
        step: at[0]?.step ?? Number.NaN,
        updates: at[0]?.updates ?? Number.NaN,
        seconds: mean(at.map(({ seconds }) => seconds)),
        return: mean(at.map((point) => point.return)),
      };
    });
    return {
      contestant,
      seeds: own.map(({ seed }) => seed),
      points,
      stepsPerSecond: rateOf(points),
    };
  });
}

/** From the first evaluation after an update on, when all is compiled. */
function rateOf(points: readonly RacePoint[]): number | undefined {
  const first = points.find(({ updates }) => updates > 0);
  const last = points.at(-1);
  if (!first || !last || last.seconds <= first.seconds) return undefined;
  return (last.step - first.step) / (last.seconds - first.seconds);
}

/** Where a contestant reached a return: its first evaluation with as much. */
export const reached = ({ points }: Pick<RaceResult, 'points'>, target: number): RacePoint | undefined =>
  points.find((point) => point.return >= target);

/** A quarter, half and three quarters of the way from the highest first return to the highest one, to two digits. */
export function usualReturns(results: readonly RaceResult[]): number[] {
  const start = Math.max(...results.flatMap(({ points }) => points[0]?.return ?? []));
  const highest = Math.max(...results.flatMap(({ points }) => points.map((point) => point.return)));
  if (!(highest > start)) return [];
  const targets = [0.25, 0.5, 0.75].map((share) =>
    Number((start + share * (highest - start)).toPrecision(2)),
  );
  return [...new Set(targets)];
}

/** All evaluations of all runs, a line for each. */
export const raceCsv = (runs: readonly RaceRun[]): string =>
  `${[
    'contestant,seed,step,updates,seconds,return',
    ...runs.flatMap(({ contestant, seed, points }) =>
      points.map((point) =>
        [contestant, seed, point.step, point.updates, point.seconds.toFixed(3), point.return].join(','),
      ),
    ),
  ].join('\n')}\n`;
