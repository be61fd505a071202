import { add, program } from '@meow-rl/graph';
import type { Executable, FloatArray, InputData, Program, Runtime, Tensor } from '@meow-rl/graph';

import { applyGradient, learnerState } from '../apply-gradient.ts';
import type { LearnerState, StepMetric } from '../apply-gradient.ts';
import { eachGradientMetric } from '../gradient.ts';
import type { GradientInput, GradientMetric } from '../gradient.ts';
import type { MeowModel } from '../model.ts';
import { gradientProgram, updateProgram } from '../update.ts';
import type { LearnerResult } from './learner.ts';

/** One copy of a learner's state, and its part of each update. Copies that start the same stay the same to the bit. */
export interface Replica {
  /** Offsets of dropout masks are drawn from 0 up to, not including, this; 0 if nothing is dropped. */
  readonly offsets: number;
  /** Holds the state. */
  readonly state: Executable<string, LearnerState>;
  /**
   * Its part of an update. Metrics of the loss are of its rows, and add up over the replicas; norms are of the whole.
   */
  step(inputs: Readonly<Record<GradientInput, InputData>>): Promise<LearnerResult>;
  dispose(): Promise<void>;
}

interface ReplicaOptions {
  readonly model: MeowModel;
  /** Decides the bank of dropout masks. */
  readonly seed: number;
  readonly runtime: Runtime;
}

const scalar = (values: FloatArray): number => values[0] ?? Number.NaN;

const gradientMetrics = (results: Readonly<Record<GradientMetric, FloatArray>>) =>
  eachGradientMetric((name) => scalar(results[name]));

const stepMetrics = (results: Readonly<Record<StepMetric, FloatArray>>) => ({
  gradientNorm: scalar(results.gradientNorm),
  parameterNorm: scalar(results.parameterNorm),
});

/** The only copy: the whole update is one program. */
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

/** One of several copies, each of which takes some rows of the batch. */
export interface SharingOptions extends ReplicaOptions {
  /** Rows that it takes. */
  readonly rows: number;
  /** Number of copies. */
  readonly replicas: number;
  /** Hands in its own gradient and waits for those of all copies, which it returns in their order. */
  readonly exchange: (own: FloatArray) => readonly FloatArray[];
}

/** Clipping, Adam and target averaging on the sum of gradients, added up in their order. */
function applySumProgram(model: MeowModel, replicas: number): Program<string, LearnerState, StepMetric> {
  const names = Array.from({ length: replicas }, (_, i) => gradientName(i));
  const inputs = Object.fromEntries(names.map((name) => [name, { shape: [model.layout.size] }]));
  return program({ inputs, state: learnerState(model) }, (gradients, state) => {
    const sum = Object.values<Tensor>(gradients).reduce((total, gradient) => add(total, gradient));
    const { metrics, next } = applyGradient(model, sum, state);
    return { outputs: metrics, next };
  });
}

const gradientName = (index: number) => `gradient${index}`;

/**
 * One of several copies: computes the gradient of its rows, exchanges it, and applies the sum of all. Every copy makes the
 * same step from the same numbers, so none has to be sent parameters.
 */
export async function sharingReplica(options: SharingOptions): Promise<Replica> {
  const { model, seed, runtime, rows, replicas, exchange } = options;
  const { program: partial, dropout } = gradientProgram(model, rows, seed);
  const apply = await runtime.load(applySumProgram(model, replicas));
  const gradient = await runtime.load(partial, { stateFrom: apply });
  return {
    offsets: dropout?.offsets ?? 0,
    state: apply,
    step: async (inputs) => {
      const found = await gradient.run(inputs);
      const all = exchange(found.gradient);
      const results = await apply.run(Object.fromEntries(all.map((values, i) => [gradientName(i), values])));
      return {
        metrics: { ...gradientMetrics(found), ...stepMetrics(results) },
        tdErrors: found.tdError,
      };
    },
    dispose: async () => {
      await gradient.dispose();
      await apply.dispose();
    },
  };
}
