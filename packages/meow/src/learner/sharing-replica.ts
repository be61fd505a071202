import { add, DataError, floatsAt, globalNorm, partOfPlace, program } from '@meow-rl/graph';
import type { FloatArray, Place, Program, StateSpec } from '@meow-rl/graph';

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

/** Where workers that share updates keep their state and gradients, all in one memory. */
export interface SharedPlaces {
  /** A vector as long as all parameters of each of these, or one number. */
  readonly state: Readonly<Record<LearnerState, Place>>;
  /** Each worker's, as long as all parameters. */
  readonly gradients: readonly Place[];
}

/** One of several workers that share updates: it takes some rows of each batch, and steps some of the parameters. */
export interface SharingReplica {
  /** Offsets of dropout masks are drawn from 0 up to, not including, this; 0 if nothing is dropped. */
  readonly offsets: number;
  /** Computes the gradient of its rows; metrics and gradients of all workers add up to those of the batch. */
  gradient(inputs: UpdateInputs): Promise<{
    readonly metrics: Readonly<Record<GradientMetric, number>>;
    readonly tdErrors: FloatArray;
  }>;
  /**
   * Adds up the gradients of its parameters over all workers, in their order.
   *
   * @returns the norm of the sum
   */
  sum(): Promise<number>;
  /**
   * Steps its parameters by the sum that it has taken. The parameters' norm is of its own.
   *
   * @param norm of the whole gradient
   */
  step(norm: number): Promise<Readonly<Record<StepMetric, number>>>;
  /** Writes what each worker keeps for itself, the same numbers in all of them, where the state is kept whole. */
  publish(): void;
  /** Takes that over from there. */
  restore(): void;
  dispose(): Promise<void>;
}

export interface SharingOptions extends ReplicaOptions {
  /** Which worker it is. */
  readonly index: number;
  readonly replicas: number;
  readonly places: SharedPlaces;
}

/** Not shared: one worker would read what another has written in the same step. */
const OWN = ['firstWeight', 'secondWeight'] as const;

const gradientName = (index: number) => `gradient${index}`;

const isVector = ({ shape }: StateSpec) => shape.length > 0;

const vector = (size: number): StateSpec => ({ shape: [size], initial: new Float32Array(size) });

/** Adds up the gradients of some parameters, in the order of the workers. */
function sumProgram(size: number, replicas: number): Program<never, string, 'norm'> {
  const names = Array.from({ length: replicas }, (_, i) => gradientName(i));
  const state = Object.fromEntries([...names, 'total'].map((name) => [name, vector(size)]));
  return program({ inputs: {}, state }, (_, values) => {
    const total = names.flatMap((name) => values[name] ?? []).reduce((sum, gradient) => add(sum, gradient));
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
 * One of several workers that share updates. Each steps some of the parameters only, so that together they do this work
 * once. They work where the state is kept whole: all must be done with one method before any begins another.
 */
export async function sharingReplica(options: SharingOptions): Promise<SharingReplica> {
  const { model, seed, runtime, index, replicas, places } = options;
  const { parameters, target, firstMoment, secondMoment } = places.state;
  const none: Share = { start: 0, end: 0 };
  const rows = sharesOf(model.config.batchSize, replicas)[index] ?? none;
  const { start, end } = sharesOf(model.layout.size, replicas)[index] ?? none;
  const partOf = (place: Place) => partOfPlace(place, start, end);
  const gradients = places.gradients.map((place, i) => [gradientName(i), partOf(place)] as const);
  const ownGradient = places.gradients[index];
  if (!ownGradient)
    throw new DataError(`meow: worker ${index} of ${replicas} has no place for its gradient.`);
  // Its part of its own gradient isn't needed any more once it has been added.
  const total = partOf(ownGradient);

  const { program: partial, dropout } = gradientProgram(model, rows.end - rows.start, seed);
  const gradient = await runtime.load(partial, { places: { parameters, target, gradient: ownGradient } });
  const sum = await runtime.load(sumProgram(end - start, replicas), {
    places: { ...Object.fromEntries(gradients), total },
  });
  const step = await runtime.load(stepProgram(model, end - start), {
    places: {
      parameters: partOf(parameters),
      target: partOf(target),
      firstMoment: partOf(firstMoment),
      secondMoment: partOf(secondMoment),
      total,
    },
  });
  return {
    offsets: dropout?.offsets ?? 0,
    gradient: async (inputs) => {
      const { tdError, ...found } = await gradient.run(inputs);
      return { metrics: gradientMetrics(found), tdErrors: tdError };
    },
    sum: async () => scalar((await sum.run({})).norm),
    step: async (norm) => ({
      gradientNorm: norm,
      parameterNorm: scalar((await step.run({ norm: [norm] })).parameterNorm),
    }),
    publish: () => {
      for (const name of OWN) step.readState(name, floatsAt(places.state[name]));
    },
    restore: () => {
      for (const name of OWN) step.writeState(name, floatsAt(places.state[name]));
    },
    dispose: async () => {
      for (const executable of [gradient, sum, step]) await executable.dispose();
    },
  };
}
