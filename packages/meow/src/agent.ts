import { DataError } from '@meow-rl/graph';
import type { FloatArray, ParameterValues, Runtime } from '@meow-rl/graph';
import { stream } from '@meow-rl/random';
import type { TransitionBatch } from '@meow-rl/replay';
import type { Agent } from '@meow-rl/train';

import { resolveMeowConfig } from './config.ts';
import type { MeowConfig } from './config.ts';
import { NonFiniteError } from './errors.ts';
import { meowModel } from './model.ts';
import type { MeowModel, Sizes } from './model.ts';
import {
  criticProgram,
  modeProgram,
  sampleProgram,
  sampleWithLogProbProgram,
  valueProgram,
} from './programs.ts';
import { STREAM } from './streams.ts';
import { updateProgram } from './update.ts';
import type { UpdateMetric } from './update.ts';

export interface MeowAgentOptions extends Sizes {
  /** The engine, for instance `onnxRuntimeNode()`. */
  readonly runtime: Runtime;
  /** Decides start weights, exploration noise and dropout; default 0. */
  readonly seed?: number;
  /** What differs from the defaults. */
  readonly config?: Partial<MeowConfig>;
}

/** A batch with what prioritized replay and returns over several steps add to it. */
export interface MeowBatch extends TransitionBatch {
  /** What V of the next observation counts, [n]; default `γ (1 − terminated)`, with n steps `γⁿ (1 − terminated)`. */
  readonly discounts?: Float32Array;
  /** Weights of the squared errors, [n]; default 1. */
  readonly weights?: Float32Array;
}

/** A MEow agent: one network for policy, Q and V, trained with one loss. */
export interface MeowAgent extends Agent {
  readonly algorithm: 'meow';
  readonly config: MeowConfig;
  readonly model: MeowModel;
  /** Soft values min(V₁, V₂), [rows]. */
  value(observations: Float32Array): Promise<Float32Array>;
  /** Both soft Q, the soft value and the log-probability of given actions, [rows] each. */
  critic(
    observations: Float32Array,
    actions: Float32Array,
  ): Promise<Readonly<Record<'q1' | 'q2' | 'value' | 'logProb', Float32Array>>>;
  update(batch: MeowBatch): Promise<Record<UpdateMetric, number>>;
  /** ½ (|Q₁ − y| + |Q₂ − y|) of each transition of the last update's batch, copied; empty before the first. */
  tdErrors(): Float32Array;
  /** The programs to deploy, on actions in [−1, 1], with the present parameters: what `@meow-rl/export` takes. */
  deployment(): {
    readonly policy: ReturnType<typeof modeProgram>;
    readonly stochastic: ReturnType<typeof sampleWithLogProbProgram>;
    readonly critic: ReturnType<typeof criticProgram>;
    readonly state: Readonly<Record<'parameters', Float32Array>>;
  };
  /** The parameters by name, copied. */
  parameters(): ParameterValues;
  /** The target's parameters by name, copied. */
  targetParameters(): ParameterValues;
  /** Replaces the parameters, and the target's too unless it is given. Moments of the optimizer stay. */
  loadParameters(values: ParameterValues, target?: ParameterValues): void;
}

const copy = (values: FloatArray): Float32Array => Float32Array.from(values);
const scalar = (values: FloatArray): number => values[0] ?? Number.NaN;

function rowsOf(what: string, data: Float32Array, size: number): number {
  const rows = data.length / size;
  if (!Number.isInteger(rows) || rows === 0)
    throw new DataError(
      `meow: ${what} has ${data.length} entries, which is no multiple of ${size}. Give one row of ${size} entries each.`,
    );
  return rows;
}

/**
 * Makes a MEow agent.
 *
 * @throws RangeError for settings out of range
 */
export async function createMeowAgent(options: MeowAgentOptions): Promise<MeowAgent> {
  const { runtime, seed = 0, observationSize, actionSize } = options;
  const config = resolveMeowConfig(options.config);
  const model = meowModel({ observationSize, actionSize }, config);
  const { program, dropout } = updateProgram(model, seed);

  const learner = await runtime.load(program);
  const shared = { stateFrom: learner };
  const sampler = await runtime.load(sampleProgram(model), shared);
  const mode = await runtime.load(modeProgram(model), shared);
  const values = await runtime.load(valueProgram(model), shared);
  const critics = await runtime.load(criticProgram(model), shared);

  const initial = model.initialize(stream(seed, STREAM.weights));
  learner.writeState('parameters', initial);
  learner.writeState('target', initial);

  const noiseSource = stream(seed, STREAM.noise);
  const dropoutSource = stream(seed, STREAM.dropoutOffsets);
  const offsets = new Int32Array(model.dropoutLayers);
  const ones = new Float32Array(config.batchSize).fill(1);
  let noise = new Float32Array(0);
  let tdErrors: FloatArray = new Float32Array(0);
  let updates = 0;

  return {
    algorithm: 'meow',
    observationSize,
    actionSize,
    config,
    model,

    act: async (observations, { deterministic, generator = noiseSource }) => {
      const rows = rowsOf('observations', observations, observationSize);
      if (deterministic) return copy((await mode.run({ observation: observations })).action);
      if (noise.length !== rows * actionSize) noise = new Float32Array(rows * actionSize);
      generator.fillNormal(noise);
      return copy((await sampler.run({ observation: observations, noise })).action);
    },

    value: async (observations) => {
      rowsOf('observations', observations, observationSize);
      return copy((await values.run({ observation: observations })).value);
    },

    critic: async (observations, actions) => {
      const rows = rowsOf('observations', observations, observationSize);
      if (rowsOf('actions', actions, actionSize) !== rows)
        throw new DataError(
          `meow: ${actions.length / actionSize} actions do not fit ${rows} observations. Give one action for each.`,
        );
      const { q1, q2, value, logProb } = await critics.run({ observation: observations, action: actions });
      return { q1: copy(q1), q2: copy(q2), value: copy(value), logProb: copy(logProb) };
    },

    update: async (batch) => {
      if (dropout) dropoutSource.fillIntegers(offsets, dropout.offsets);
      const results = await learner.run({
        observation: batch.observations,
        action: batch.actions,
        reward: batch.rewards,
        nextObservation: batch.nextObservations,
        discount: batch.discounts ?? batch.terminated.map((ended) => config.gamma * (1 - ended)),
        weight: batch.weights ?? ones,
        dropoutOffsets: offsets,
      });
      updates += 1;
      tdErrors = results.tdError;
      const metrics: Record<UpdateMetric, number> = {
        loss: scalar(results.loss),
        gradientNorm: scalar(results.gradientNorm),
        parameterNorm: scalar(results.parameterNorm),
        meanQ: scalar(results.meanQ),
        meanTarget: scalar(results.meanTarget),
        meanNextValue: scalar(results.meanNextValue),
        meanLogSigma: scalar(results.meanLogSigma),
      };
      // One of these is not finite if anything is: they depend on all the rest.
      if (![metrics.loss, metrics.gradientNorm, metrics.parameterNorm].every(Number.isFinite))
        throw firstNonFinite(updates, batch, metrics);
      return metrics;
    },

    tdErrors: () => copy(tdErrors),

    deployment: () => ({
      policy: modeProgram(model),
      stochastic: sampleWithLogProbProgram(model),
      critic: criticProgram(model),
      state: { parameters: copy(learner.readState('parameters')) },
    }),
    parameters: () => model.layout.unflatten(learner.readState('parameters')),
    targetParameters: () => model.layout.unflatten(learner.readState('target')),
    loadParameters: (online, target = online) => {
      learner.writeState('parameters', model.layout.flatten(online));
      learner.writeState('target', model.layout.flatten(target));
    },
    dispose: async () => {
      for (const executable of [sampler, mode, values, critics, learner]) await executable.dispose();
    },
  };
}

const LOWER = 'Training has diverged: lower learningRate or gradClip, or scale the rewards down.';

/** What a batch holds, and whence. */
const BATCH_FIELDS = [
  ['observations', 'environment'],
  ['actions', 'environment'],
  ['rewards', 'environment'],
  ['nextObservations', 'environment'],
  ['terminated', 'environment'],
  ['discounts', 'replay buffer'],
  ['weights', 'replay buffer'],
] as const satisfies readonly (readonly [keyof MeowBatch, string])[];

/** Finds what went wrong first: an input, then the terms in the order in which they are computed. */
function firstNonFinite(
  update: number,
  batch: MeowBatch,
  metrics: Readonly<Record<UpdateMetric, number>>,
): NonFiniteError {
  for (const [field, source] of BATCH_FIELDS) {
    const values = batch[field];
    const entry = values?.findIndex((value) => !Number.isFinite(value)) ?? -1;
    if (entry >= 0)
      return new NonFiniteError(
        update,
        `entry ${entry} of the batch's ${field}`,
        values?.[entry] ?? Number.NaN,
        `The ${source} gave it; look there.`,
      );
  }
  const order: readonly (readonly [UpdateMetric, string])[] = [
    ['meanNextValue', "the target's soft value V(s')"],
    ['meanTarget', 'the target y'],
    ['meanLogSigma', "the prior's log sigma"],
    ['meanQ', 'the soft Q'],
    ['loss', 'the loss'],
    ['gradientNorm', "the gradient's norm"],
    ['parameterNorm', 'the norm of the new parameters'],
  ];
  const [metric, term] = order.find(([key]) => !Number.isFinite(metrics[key])) ?? ['loss', 'the loss'];
  return new NonFiniteError(update, term, metrics[metric], LOWER);
}
