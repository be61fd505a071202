import { resolveAlgorithm } from '@meow-rl/learner';
import type { Algorithm } from '@meow-rl/learner';
import type { GoldenParameters } from '@meow-rl/learner/testing';

import { meow } from '../index.ts';

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

export interface ForwardCase {
  name: string;
  config: GoldenConfig;
  params: GoldenParameters;
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
  params: GoldenParameters;
  batches: { obs: number[][]; act: number[][]; reward: number[]; nextObs: number[][]; done: number[] }[];
  steps: { loss: number; gradNorm: number; q: number[]; y: number[] }[];
  finalParams: GoldenParameters;
  finalTarget: GoldenParameters;
}

/** MEow in the published form, with a golden case's settings. */
export function algorithmOf(config: GoldenConfig, batchSize = 256): Algorithm {
  const { obsDim, actDim, sigmaMin, sigmaMax, ...settings } = config;
  return resolveAlgorithm(
    meow,
    { observationSize: obsDim, actionSize: actDim },
    {
      coordinates: 'action',
      couplingBound: 0,
      uniformShare: 0,
      dropout: 0,
      ...settings,
      logSigmaMin: sigmaMin,
      logSigmaMax: sigmaMax,
      batchSize,
    },
  );
}

/** What an update of MEow takes of a golden batch. */
export const updateInputs = (
  { obs, act, reward, nextObs, done }: UpdateCase['batches'][number],
  gamma: number,
) => ({
  observation: obs.flat(),
  action: act.flat(),
  reward,
  nextObservation: nextObs.flat(),
  discount: done.map((ended) => gamma * (1 - ended)),
  weight: done.map(() => 1),
});
