import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Numbers of a compiled model, by mjModel field. */
export interface GoldenModel {
  fields: Record<string, number | number[] | number[][]>;
  option: Record<string, number | number[]>;
  meanInertia: number;
  names: Record<'body' | 'joint' | 'geom', (string | null)[]>;
}

/** Steps of one task from a given state, as Gymnasium takes them. */
export interface GoldenRollout {
  id: string;
  frameSkip: number;
  maxEpisodeSteps: number;
  actionLow: number[];
  actionHigh: number[];
  qpos: number[];
  qvel: number[];
  steps: {
    action: number[];
    obs: number[];
    reward: number;
    terminated: boolean;
    info: Record<string, number>;
  }[];
}

/** Steps of one task under given options, as Gymnasium takes them. */
export interface GoldenOptions {
  id: string;
  options: Record<string, unknown>;
  qpos: number[];
  qvel: number[];
  resetInfo: Record<string, number | number[]>;
  steps: {
    action: number[];
    obs: number[];
    reward: number;
    terminated: boolean;
    info: Record<string, number | number[]>;
  }[];
}

/** Where golden files lie: GOLDEN_DIR, or this package's fixtures. */
const folder = process.env['GOLDEN_DIR'] ?? fileURLToPath(new URL('../../fixtures', import.meta.url));

export function readGolden<T>(name: string): Record<string, T> {
  const cases: Record<string, T> = JSON.parse(readFileSync(path.resolve(folder, name), 'utf8'));
  return cases;
}

/** The largest |actual − expected|; infinite where the lengths differ or something is NaN. */
export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < expected.length; i += 1) {
    const difference = Math.abs((actual[i] ?? Number.NaN) - (expected[i] ?? Number.NaN));
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    worst = Math.max(worst, difference);
  }
  return worst;
}
