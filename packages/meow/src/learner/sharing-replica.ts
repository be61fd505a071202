import { add, globalNorm, program } from '@meow-rl/graph';
import type { FloatArray, Program, StateSpec, Tensor } from '@meow-rl/graph';

import { applyGradient, learnerState } from '../apply-gradient.ts';
import type { LearnerState, StepMetric } from '../apply-gradient.ts';
import type { GradientMetric } from '../gradient.ts';
import type { MeowModel } from '../model.ts';
import { gradientProgram } from '../update.ts';
import { gradientMetrics, scalar } from './replica.ts';
import type { ReplicaOptions, UpdateInputs } from './replica.ts';
import { sharesOf } from './shares.ts';
import type { Share } from './shares.ts';
import { eachState } from './states.ts';

/** A vector as long as all parameters of each of these, or one number: where a learner's state is kept whole. */
export type WholeState = Readonly<Record<LearnerState, Float32Array>>;

/** One of several workers that share updates: it takes some rows of each batch, and steps some of the parameters. */
export interface SharingReplica {
  /** Offsets of dropout masks are drawn from 0 up to, not including, this; 0 if nothing is dropped. */
  readonly offsets: number;
  /** The gradient of its rows; metrics and gradient of all workers add up to those of the batch. */
  gradient(inputs: UpdateInputs): Promise<{
    readonly gradient: FloatArray;
    readonly metrics: Readonly<Record<GradientMetric, number>>;
    readonly tdErrors: FloatArray;
  }>;
  /**
   * Adds up the gradients of its parameters over all workers, in their order.
   *
   * @param gradients whole ones, one for each worker
   * @returns the norm of the sum
   */
  sum(gradients: readonly Float32Array[]): Promise<number>;
  /**
   * Steps its parameters by the sum that it has taken. The parameters' norm is of its own.
   *
   * @param norm of the whole gradient
   */
  step(norm: number): Promise<Readonly<Record<StepMetric, number>>>;
  /** Writes its part of some states where they are kept whole. */
  publish(whole: WholeState, names: readonly LearnerState[]): void;
  /** Takes over what the next gradient is computed from: all parameters and the whole target. */
  adopt(whole: WholeState): void;
  /** Takes over its part of all states. */
  restore(whole: WholeState): void;
  dispose(): Promise<void>;
}

export interface SharingOptions extends ReplicaOptions {
  /** Which worker it is. */
  readonly index: number;
  readonly replicas: number;
}

const gradientName = (index: number) => `gradient${index}`;

const isVector = ({ shape }: StateSpec) => shape.length > 0;

const vector = (size: number): StateSpec => ({ shape: [size], initial: new Float32Array(size) });

/**
 * Adds up the gradients of some parameters, in the order of the workers, and keeps the sum for the step.
 *
 * All of it is a step outside the engine, which is why its inputs may lie in shared memory.
 */
function sumProgram(size: number, replicas: number): Program<string, 'total', 'norm'> {
  const names = Array.from({ length: replicas }, (_, i) => gradientName(i));
  const inputs = Object.fromEntries(names.map((name) => [name, { shape: [size] }]));
  return program({ inputs, state: { total: vector(size) } }, (gradients) => {
    const total = Object.values<Tensor>(gradients).reduce((sum, gradient) => add(sum, gradient));
    return { outputs: { norm: globalNorm(total) }, next: { total } };
  });
}

/** Clipping, Adam and target averaging of some parameters, from their gradient and the norm of all. */
function stepProgram(
  model: MeowModel,
  size: number,
): Program<'norm', LearnerState | 'total', 'parameterNorm'> {
  const whole = learnerState(model);
  const state = eachState((name) => (isVector(whole[name]) ? vector(size) : whole[name]));
  return program(
    { inputs: { norm: { shape: [] } }, state: { ...state, total: vector(size) } },
    ({ norm }, { total, ...own }) => {
      const { metrics, next } = applyGradient(model, total, own, norm);
      return { outputs: { parameterNorm: metrics.parameterNorm }, next };
    },
  );
}

/**
 * One of several workers that share updates. Each steps some of the parameters only, so that together they do this work once
 * and each keeps only its part of the optimizer's moments.
 */
export async function sharingReplica(options: SharingOptions): Promise<SharingReplica> {
  const { model, seed, runtime, index, replicas } = options;
  const none: Share = { start: 0, end: 0 };
  const rows = sharesOf(model.config.batchSize, replicas)[index] ?? none;
  const { start, end } = sharesOf(model.layout.size, replicas)[index] ?? none;
  const { program: partial, dropout } = gradientProgram(model, rows.end - rows.start, seed);
  const gradient = await runtime.load(partial);
  const sum = await runtime.load(sumProgram(end - start, replicas));
  const step = await runtime.load(stepProgram(model, end - start), { stateFrom: sum });
  const vectors = learnerState(model);
  const partOf = (whole: WholeState, name: LearnerState) =>
    isVector(vectors[name]) ? whole[name].subarray(start, end) : whole[name];
  return {
    offsets: dropout?.offsets ?? 0,
    gradient: async (inputs) => {
      const { tdError, ...found } = await gradient.run(inputs);
      return { gradient: found.gradient, metrics: gradientMetrics(found), tdErrors: tdError };
    },
    sum: async (gradients) => {
      const own = gradients.map((values, i) => [gradientName(i), values.subarray(start, end)]);
      return scalar((await sum.run(Object.fromEntries(own))).norm);
    },
    step: async (norm) => ({
      gradientNorm: norm,
      parameterNorm: scalar((await step.run({ norm: [norm] })).parameterNorm),
    }),
    publish: (whole, names) => {
      for (const name of names) step.readState(name, partOf(whole, name));
    },
    adopt: ({ parameters, target }) => {
      gradient.writeState('parameters', parameters);
      gradient.writeState('target', target);
    },
    restore: (whole) => {
      eachState((name) => step.writeState(name, partOf(whole, name)));
    },
    dispose: async () => {
      for (const executable of [gradient, sum, step]) await executable.dispose();
    },
  };
}
