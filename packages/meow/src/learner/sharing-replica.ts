import { add, program, slice } from '@meow-rl/graph';
import type { FloatArray, Program, StateSpec, Tensor } from '@meow-rl/graph';

import { applyGradient, learnerState } from '../apply-gradient.ts';
import type { LearnerState, StepMetric } from '../apply-gradient.ts';
import type { GradientMetric } from '../gradient.ts';
import type { MeowModel } from '../model.ts';
import { gradientProgram } from '../update.ts';
import { gradientMetrics, stepMetrics } from './replica.ts';
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
  /** Steps its parameters by the sum of all workers' gradients, taken in their order. The parameters' norm is of its own. */
  step(gradients: readonly FloatArray[]): Promise<Readonly<Record<StepMetric, number>>>;
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

/** Clipping, Adam and target averaging of some parameters, from the sum of gradients. */
function stepProgram(
  model: MeowModel,
  replicas: number,
  { start, end }: Share,
): Program<string, LearnerState, StepMetric> {
  const names = Array.from({ length: replicas }, (_, i) => gradientName(i));
  const inputs = Object.fromEntries(names.map((name) => [name, { shape: [model.layout.size] }]));
  const whole = learnerState(model);
  const state = eachState((name) =>
    isVector(whole[name])
      ? { shape: [end - start], initial: new Float32Array(end - start) }
      : { ...whole[name] },
  );
  return program({ inputs, state }, (gradients, own) => {
    const sum = Object.values<Tensor>(gradients).reduce((total, gradient) => add(total, gradient));
    const { metrics, next } = applyGradient(model, sum, own, (vector) =>
      slice(vector, { axis: 0, start, end }),
    );
    return { outputs: metrics, next };
  });
}

/**
 * One of several workers that share updates. Each steps some of the parameters only, so that together they do this work once
 * and each keeps only its part of the optimizer's moments.
 */
export async function sharingReplica(options: SharingOptions): Promise<SharingReplica> {
  const { model, seed, runtime, index, replicas } = options;
  const none: Share = { start: 0, end: 0 };
  const rows = sharesOf(model.config.batchSize, replicas)[index] ?? none;
  const own = sharesOf(model.layout.size, replicas)[index] ?? none;
  const { program: partial, dropout } = gradientProgram(model, rows.end - rows.start, seed);
  const gradient = await runtime.load(partial);
  const step = await runtime.load(stepProgram(model, replicas, own));
  const vectors = learnerState(model);
  const partOf = (whole: WholeState, name: LearnerState) =>
    isVector(vectors[name]) ? whole[name].subarray(own.start, own.end) : whole[name];
  return {
    offsets: dropout?.offsets ?? 0,
    gradient: async (inputs) => {
      const { tdError, ...found } = await gradient.run(inputs);
      return { gradient: found.gradient, metrics: gradientMetrics(found), tdErrors: tdError };
    },
    step: async (gradients) =>
      stepMetrics(
        await step.run(Object.fromEntries(gradients.map((values, i) => [gradientName(i), values]))),
      ),
    publish: (whole, names) => {
      for (const name of names) partOf(whole, name).set(step.readState(name));
    },
    adopt: ({ parameters, target }) => {
      gradient.writeState('parameters', parameters);
      gradient.writeState('target', target);
    },
    restore: (whole) => {
      eachState((name) => step.writeState(name, partOf(whole, name)));
    },
    dispose: async () => {
      await gradient.dispose();
      await step.dispose();
    },
  };
}
