import type { Executable, FloatArray, InputData, Runtime } from '@meow-rl/graph';

import type { LearnerState, StepMetric } from '../apply-gradient.ts';
import { eachGradientMetric } from '../gradient.ts';
import type { GradientInput, GradientMetric } from '../gradient.ts';
import type { MeowModel } from '../model.ts';
import { updateProgram } from '../update.ts';
import type { LearnerResult } from './learner.ts';

/** A learner's whole state, with the program that makes whole updates. */
export interface Replica {
  /** Offsets of dropout masks are drawn from 0 up to, not including, this; 0 if nothing is dropped. */
  readonly offsets: number;
  /** Holds the state. */
  readonly state: Executable<string, LearnerState>;
  step(inputs: UpdateInputs): Promise<LearnerResult>;
  dispose(): Promise<void>;
}

export type UpdateInputs = Readonly<Record<GradientInput, InputData>>;

export interface ReplicaOptions {
  readonly model: MeowModel;
  /** Decides the bank of dropout masks. */
  readonly seed: number;
  readonly runtime: Runtime;
}

export const scalar = (values: FloatArray): number => values[0] ?? Number.NaN;

export const gradientMetrics = (results: Readonly<Record<GradientMetric, FloatArray>>) =>
  eachGradientMetric((name) => scalar(results[name]));

const stepMetrics = (results: Readonly<Record<StepMetric, FloatArray>>) => ({
  gradientNorm: scalar(results.gradientNorm),
  parameterNorm: scalar(results.parameterNorm),
});

/** The whole update as one program. */
export async function wholeReplica({ model, seed, runtime }: ReplicaOptions): Promise<Replica> {
  const { program: update, dropout } = updateProgram(model, seed);
  const state = await runtime.load(update);
  return {
    offsets: dropout?.offsets ?? 0,
    state,
    step: async (inputs) => {
      const results = await state.run(inputs);
      return {
        metrics: { ...gradientMetrics(results), ...stepMetrics(results) },
        tdErrors: results.tdError,
      };
    },
    dispose: () => state.dispose(),
  };
}
