import { DataError, mapOutputs } from '@meow-rl/graph';
import type { Executable, FloatArray, LoadOptions, ParameterValues, Program, Runtime } from '@meow-rl/graph';
import { createGenerator, stream } from '@meow-rl/random';
import type { TransitionBatch } from '@meow-rl/replay';
import type { Deployable, OffPolicyAgent, Savable } from '@meow-rl/train';

import { packState, unpackState } from './agent-state.ts';
import { finiteActions, finiteRows } from './check-numbers.ts';
import { resolveMeowConfig } from './settings.ts';
import type { MeowConfig } from './settings.ts';
import type { Learner, LearnerFactory } from './learner/learner.ts';
import { localLearner } from './learner/local-learner.ts';
import { meowModel } from './model.ts';
import type { MeowModel, Sizes } from './model.ts';
import { firstNonFinite } from './non-finite.ts';
import {
  criticProgram,
  modeProgram,
  sampleProgram,
  sampleWithLogProbProgram,
  valueProgram,
} from './programs.ts';
import { STREAM } from './streams.ts';
import type { UpdateMetric } from './update.ts';

export interface MeowAgentOptions extends Sizes {
  /** The engine, for instance `onnxRuntimeNode()`. */
  readonly runtime: Runtime;
  /** Decides start weights, exploration noise and dropout; default 0. */
  readonly seed?: number;
  /** What differs from the defaults. */
  readonly config?: Partial<MeowConfig>;
  /**
   * Where updates happen, for instance `threadedLearner({ threads: 2 })` of `@meow-rl/meow/node`. Default: in the calling
   * thread, on `runtime`.
   */
  readonly learner?: LearnerFactory;
}

/** What an update of the agent reports; see docs/algorithms/meow.md. */
export type MeowMetrics = Readonly<Record<UpdateMetric | 'gradientClipped', number>> & {
  /** Of every hundredth update: the policy's entropy, mean over the batch's states, in nats; only the squash's part is sampled. */
  readonly entropy?: number;
};

/** Updates between two that report the entropy: it takes a pass through the couplings. */
const ENTROPY_EVERY = 100;

/** A MEow agent: one network for policy, Q and V, trained with one loss. */
export interface MeowAgent extends OffPolicyAgent, Savable, Deployable {
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
  update(batch: TransitionBatch): Promise<MeowMetrics>;
  /** ½ (|Q₁ − y| + |Q₂ − y|) of each transition of the last update's batch, copied; empty before the first. */
  tdErrors(): Float32Array;
  /** The programs to deploy, on actions in [−1, 1], with the present parameters: what `@meow-rl/export` takes. */
  deployment(): {
    readonly policy: ReturnType<typeof modeProgram>;
    readonly stochastic: ReturnType<typeof sampleWithLogProbProgram>;
    readonly critic: Program<'observation' | 'action', 'parameters', 'q1' | 'q2' | 'value'>;
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

/** Loads what acts, all on the state of one; frees what it has loaded if it can't load the rest. */
async function loadPrograms(model: MeowModel, runtime: Runtime, { stateFrom }: Learner) {
  const open: Executable[] = [];
  const load = async <I extends string, S extends string, O extends string>(
    program: Program<I, S, O>,
    options: LoadOptions,
  ): Promise<Executable<I, S, O>> => {
    const executable = await runtime.load(program, options);
    open.push(executable);
    return executable;
  };
  try {
    const sampler = await load(sampleProgram(model), stateFrom ? { stateFrom } : {});
    const shared = { stateFrom: sampler };
    return {
      sampler,
      mode: await load(modeProgram(model), shared),
      values: await load(valueProgram(model), shared),
      critics: await load(criticProgram(model), shared),
      densities: await load(sampleWithLogProbProgram(model), shared),
    };
  } catch (error) {
    for (const executable of open) await executable.dispose();
    throw error;
  }
}

/**
 * Makes a MEow agent.
 *
 * @throws RangeError for settings out of range
 */
export async function createMeowAgent(options: MeowAgentOptions): Promise<MeowAgent> {
  const { runtime, seed = 0, observationSize, actionSize, learner: makeLearner = localLearner } = options;
  const config = resolveMeowConfig(options.config);
  const model = meowModel({ observationSize, actionSize }, config);
  const noiseSource = stream(seed, STREAM.noise);
  const dropoutSource = stream(seed, STREAM.dropoutOffsets);

  const learner = await makeLearner({ model, seed, runtime, dropoutOffsets: dropoutSource });
  const loaded = await loadPrograms(model, runtime, learner).catch(async (error: unknown) => {
    await learner.dispose();
    throw error;
  });
  const { sampler, mode, values, critics, densities } = loaded;

  const ones = new Float32Array(config.batchSize).fill(1);
  let noise = new Float32Array(0);
  let tdErrors: FloatArray = new Float32Array(0);
  let updates = 0;
  let updating = false;

  // What has begun before an update is through keeps the parameters that it began with, where they are copied from a learner.
  const acting = new Set<Promise<unknown>>();
  const act = async <T>(run: Promise<T>): Promise<T> => {
    acting.add(run);
    try {
      return await run;
    } finally {
      acting.delete(run);
    }
  };
  const adoptParameters = () => {
    if (!learner.stateFrom) sampler.writeState('parameters', learner.parameters());
  };
  /** A state between two updates: in the middle of one it would be neither. */
  const expectNotUpdating = () => {
    if (updating) throw new DataError('meow: the update has not finished. Await it first.');
  };
  const writeLearner = (state: Parameters<typeof learner.writeState>[0]) => {
    learner.writeState(state);
    adoptParameters();
  };

  /**
   * The policy's entropy: E[−log π] with one sample per state, of which the part that is known without sampling, the
   * Gaussian's ½ Σ ε², is replaced by its mean A/2.
   */
  const entropyAt = async (observations: Float32Array): Promise<number> => {
    const own = new Float32Array((observations.length / observationSize) * actionSize);
    // Always the same noise after the same number of updates, and none that acting would have had.
    createGenerator(updates).fillNormal(own);
    const { logProb } = await densities.run({ observation: observations, noise: own });
    const sampled = copy(logProb).reduce((sum, value) => sum + value, 0);
    const quadratic = own.reduce((sum, value) => sum + value ** 2, 0) / 2;
    return actionSize / 2 - (sampled + quadratic) / logProb.length;
  };

  const initial = model.initialize(stream(seed, STREAM.weights));
  writeLearner({ parameters: initial, target: initial });

  return {
    algorithm: 'meow',
    observationSize,
    actionSize,
    config,
    model,
    actsDuringUpdate: learner.actsDuringUpdate,

    act: async (observations, { deterministic, generator = noiseSource }) => {
      const rows = finiteRows('observations', observations, observationSize);
      const sound = (actions: FloatArray) =>
        finiteActions(copy(actions), actionSize, observations, () => sampler.readState('parameters'));
      if (deterministic) return sound((await act(mode.run({ observation: observations }))).action);
      if (noise.length !== rows * actionSize) noise = new Float32Array(rows * actionSize);
      generator.fillNormal(noise);
      return sound((await act(sampler.run({ observation: observations, noise }))).action);
    },

    value: async (observations) => {
      finiteRows('observations', observations, observationSize);
      return copy((await act(values.run({ observation: observations }))).value);
    },

    critic: async (observations, actions) => {
      const rows = finiteRows('observations', observations, observationSize);
      if (finiteRows('actions', actions, actionSize) !== rows)
        throw new DataError(
          `meow: ${actions.length / actionSize} actions do not fit ${rows} observations. Give one action for each.`,
        );
      const run = critics.run({ observation: observations, action: actions });
      const { q1, q2, value, logProb } = await act(run);
      return { q1: copy(q1), q2: copy(q2), value: copy(value), logProb: copy(logProb) };
    },

    update: async (batch) => {
      // Also while its parameters wait for actions to finish: another one would overwrite them.
      if (updating) throw new DataError('meow: the previous update has not finished. Await it first.');
      updating = true;
      try {
        const { metrics, ...result } = await learner.update({
          observation: batch.observations,
          action: batch.actions,
          reward: batch.rewards,
          nextObservation: batch.nextObservations,
          discount: batch.discounts,
          weight: batch.weights ?? ones,
        });
        updates += 1;
        ({ tdErrors } = result);
        while (acting.size > 0) await Promise.allSettled(acting);
        adoptParameters();
        // One of these is not finite if anything is: they depend on all the rest.
        if (![metrics.loss, metrics.gradientNorm, metrics.parameterNorm].every(Number.isFinite))
          throw firstNonFinite({ update: updates, batch, metrics, config });
        const gradientClipped = Number(metrics.gradientNorm > config.gradClip);
        if (updates % ENTROPY_EVERY !== 0) return { ...metrics, gradientClipped };
        return { ...metrics, gradientClipped, entropy: await entropyAt(batch.observations) };
      } finally {
        updating = false;
      }
    },

    tdErrors: () => copy(tdErrors),

    deployment: () => ({
      policy: modeProgram(model),
      stochastic: sampleWithLogProbProgram(model),
      critic: mapOutputs(criticProgram(model), ({ q1, q2, value }) => ({ q1, q2, value })),
      state: { parameters: copy(sampler.readState('parameters')) },
    }),
    parameters: () => model.layout.unflatten(sampler.readState('parameters')),
    targetParameters: () => model.layout.unflatten(learner.readState().target),
    loadParameters: (online, target = online) => {
      expectNotUpdating();
      writeLearner({
        parameters: model.layout.flatten(online),
        target: model.layout.flatten(target),
      });
    },
    state: () => {
      expectNotUpdating();
      return packState(model, {
        learner: learner.readState(),
        updates,
        noise: noiseSource.state(),
        dropout: dropoutSource.state(),
      });
    },
    restore: (state) => {
      expectNotUpdating();
      const saved = unpackState(model, state);
      writeLearner(saved.learner);
      noiseSource.restore(saved.noise);
      dropoutSource.restore(saved.dropout);
      ({ updates } = saved);
      tdErrors = new Float32Array(0);
    },
    dispose: async () => {
      await learner.dispose();
      for (const executable of Object.values<Executable>(loaded)) await executable.dispose();
    },
  };
}
