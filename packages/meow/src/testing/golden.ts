import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { meowModel, resolveMeowConfig } from '../index.ts';
import type { MeowModel } from '../index.ts';

/** Settings as the golden files name them. */
export interface GoldenConfig {
  couplings: number;
  hidden: number[];
  shiftHidden: number[];
  alpha: number;
  sigmaMin: number;
  sigmaMax: number;
  obsDim: number;
  actDim: number;
  gamma?: number;
  tau?: number;
  learningRate?: number;
  gradClip?: number;
  dropout?: number;
}

export type GoldenParams = Record<string, { shape: number[]; data: number[] }>;

export interface ForwardCase {
  name: string;
  config: GoldenConfig;
  params: GoldenParams;
  obs: number[][];
  act: number[][];
  noise: number[][];
  q1: number[];
  q2: number[];
  v1: number[];
  v2: number[];
  logProb: number[];
  deterministicAction: number[][];
  sampledAction: number[][];
  sampledLogProb: number[];
}

export interface UpdateCase {
  name: string;
  config: GoldenConfig;
  params: GoldenParams;
  batches: { obs: number[][]; act: number[][]; reward: number[]; nextObs: number[][]; done: number[] }[];
  steps: { loss: number; gradNorm: number; q: number[]; y: number[] }[];
  finalParams: GoldenParams;
  finalTarget: GoldenParams;
}

/** Where golden files lie: GOLDEN_DIR, or this package's fixtures. */
const folder = process.env['GOLDEN_DIR'] ?? fileURLToPath(new URL('../../fixtures', import.meta.url));

export function readGolden<T>(name: string): T[] {
  const cases: T[] = JSON.parse(readFileSync(path.resolve(folder, name), 'utf8'));
  return cases;
}

export function modelOf(config: GoldenConfig, batchSize = 256): MeowModel {
  const { obsDim, actDim, sigmaMin, sigmaMax, ...own } = config;
  return meowModel(
    { observationSize: obsDim, actionSize: actDim },
    resolveMeowConfig({
      dropout: 0,
      ...own,
      logSigmaMin: sigmaMin,
      logSigmaMax: sigmaMax,
      batchSize,
    }),
  );
}

/** The largest of |actual − expected| / max(1, |expected|): relative or absolute, whichever is smaller. */
export function largestError(actual: ArrayLike<number>, expected: readonly number[]): number {
  if (actual.length !== expected.length)
    throw new Error(`expected ${expected.length} values, got ${actual.length}`);
  return expected.reduce((worst, value, i) => {
    const error = Math.abs((actual[i] ?? Number.NaN) - value) / Math.max(1, Math.abs(value));
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }, 0);
}
