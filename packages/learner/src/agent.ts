import { DataError, mapValues } from '@meow-rl/graph';
import type { FloatArray, ParameterValues, Runtime, StateStore } from '@meow-rl/graph';
import { stream } from '@meow-rl/random';
import type { Generator } from '@meow-rl/random';
import type { TransitionBatch } from '@meow-rl/replay';
import type { Deployable, OffPolicyAgent, Savable, UpdateMetrics } from '@meow-rl/train';

import { packState, unpackState } from './agent-state.ts';
import { algorithmStates, resolveAlgorithm, stateName } from './algorithm.ts';
import type { Algorithm } from './algorithm.ts';
import { finiteActions, finiteRows } from './check-numbers.ts';
import type { AlgorithmDefinition, CommonSettings, NetworkGroups, Sizes } from './definition.ts';
import { deploymentOf, loadPrograms } from './loaded-programs.ts';
import type { AgentDeployment, LoadedPrograms } from './loaded-programs.ts';
import { localUpdates } from './local-updates.ts';
import { namedParameters, parameterStates, startStates } from './named-parameters.ts';
import { firstNonFinite } from './non-finite.ts';
import type { SettingsOf } from './settings/index.ts';
import { STREAM } from './streams.ts';
import type { Updates, UpdatesFactory } from './updates.ts';

/** What an agent is made with. */
export interface AgentOptions<T extends CommonSettings = CommonSettings> extends Sizes {
  /** The engine, for instance `onnxRuntimeNode()`. */
  readonly runtime: Runtime;
  /** Decides start weights, exploration noise and the noise of updates; default 0. */
  readonly seed?: number;
  /** What differs from the defaults. */
  readonly config?: Partial<SettingsOf<T>>;
  /**
   * Where updates happen, for instance `threadedUpdates({ threads: 2 })` of `@meow-rl/learner/node`. Default: in the calling
   * thread, on `runtime`.
   */
  readonly updates?: UpdatesFactory;
}

/** An agent that learns by the definition of its algorithm. */
export interface Agent<T extends CommonSettings = CommonSettings, Q extends string = string>
  extends OffPolicyAgent, Savable, Deployable {
  readonly config: SettingsOf<T>;
  readonly definition: AlgorithmDefinition;
  /** Values of given actions by the algorithm's names for them, [rows] each. */
  critic(observations: Float32Array, actions: Float32Array): Promise<Readonly<Record<Q, Float32Array>>>;
  /**
   * Values of states, [rows].
   *
   * @throws DataError if the algorithm has none
   */
  value(observations: Float32Array): Promise<Float32Array>;
  tdErrors(): Float32Array;
  deployment(): AgentDeployment<Q>;
  /** The parameters by name, copied. */
  parameters(): ParameterValues;
  /** The parameters of the targets by name, copied; of networks that have none, those that are trained. */
  targetParameters(): ParameterValues;
  /** Replaces the parameters, and the targets' too unless they are given. Optimizers' states stay. */
  loadParameters(values: ParameterValues, targets?: ParameterValues): void;
}

const copy = (values: FloatArray): Float32Array => Float32Array.from(values);

const copies = <Q extends string>(results: Readonly<Record<Q, FloatArray>>): Record<Q, Float32Array> =>
  mapValues(results, copy);

const noMode = ({ definition, acting }: Algorithm): DataError =>
  new DataError(
    `${definition.name}: its policy has no deterministic action. ${
      acting.withoutMode ?? "Sample its actions, or have the definition's mode give one."
    }`,
  );

/**
 * Makes an agent that learns by a definition. If that fails, what was loaded or started for it is freed.
 *
 * @throws RangeError for settings out of range; GraphError for a definition that contradicts itself
 */
export async function createAgent<N extends NetworkGroups, T extends CommonSettings, Q extends string>(
  definition: AlgorithmDefinition<N, T, Q>,
  options: AgentOptions<T>,
): Promise<Agent<T, Q>> {
  const { runtime, seed = 0, observationSize, actionSize, updates: makeUpdates = localUpdates } = options;
  const algorithm = resolveAlgorithm(definition, { observationSize, actionSize }, options.config);
  const random = stream(seed, STREAM.updates);
  const updates = await makeUpdates({ algorithm, seed, runtime, random });
  let programs: LoadedPrograms | undefined;
  try {
    const state = updates.state ?? runtime.createState(algorithmStates(algorithm));
    programs = await loadPrograms(algorithm, runtime, state);
    const parts = { algorithm, updates, state, programs, seed, random };
    parts.updates.write(startStates(algorithm, seed));
    adoptParameters(parts);
    // The types of settings and outputs are those of the definition that the algorithm was resolved from.
    return agentOf(parts) as Agent<T, Q>;
  } catch (error) {
    await programs?.dispose();
    await updates.dispose();
    throw error;
  }
}

/** What an agent is made of. */
interface Parts {
  readonly algorithm: Algorithm;
  readonly updates: Updates;
  /** What acts reads its parameters here. */
  readonly state: StateStore;
  readonly programs: LoadedPrograms;
  readonly seed: number;
  /** Draws the noise of updates. */
  readonly random: Generator;
}

/** Gives what acts the parameters that the last update made, where they aren't the same. */
function adoptParameters({ algorithm, updates, state }: Parts): void {
  if (updates.state) return;
  for (const { name } of algorithm.groups)
    state.write(stateName(name, 'parameters'), updates.parameters(name));
}

function agentOf(parts: Parts): Agent {
  const { algorithm, updates, state, programs, random } = parts;
  const { definition, sizes, config } = algorithm;
  const { name } = definition;
  const { observationSize, actionSize } = sizes;
  const actingNoise = stream(parts.seed, STREAM.acting);
  const ones = new Float32Array(config.batchSize).fill(1);
  let noise = new Float32Array(0);
  let tdErrors: FloatArray = new Float32Array(0);
  let made = 0;
  let updating = false;
  let underWay: Promise<unknown> = Promise.resolve();
  let disposed = false;

  // What has begun before an update is through keeps the parameters that it began with, where they are copied from elsewhere.
  const acting = new Set<Promise<unknown>>();
  const act = async <R>(start: () => Promise<R>): Promise<R> => {
    expectNotDisposed();
    const run = start();
    acting.add(run);
    try {
      return await run;
    } finally {
      acting.delete(run);
    }
  };
  const expectNotDisposed = () => {
    if (disposed) throw new DataError(`${name}: the agent was disposed of. Make a new one.`);
  };
  /** A state between two updates: in the middle of one it would be neither. */
  const expectNotUpdating = () => {
    expectNotDisposed();
    if (updating) throw new DataError(`${name}: the update has not finished. Await it first.`);
  };
  const write = (values: Readonly<Record<string, ArrayLike<number>>>) => {
    updates.write(values);
    adoptParameters(parts);
  };
  const allParameters = () =>
    algorithm.groups.flatMap((group) => [...state.read(stateName(group.name, 'parameters'))]);

  const noiseFor = (observations: Float32Array, generator: Generator): Float32Array => {
    const rows = finiteRows(name, 'observations', observations, observationSize);
    if (noise.length !== rows * actionSize) noise = new Float32Array(rows * actionSize);
    generator.fillNormal(noise);
    return noise;
  };
  const sound = (actions: Float32Array, observations: Float32Array) =>
    finiteActions(name, actions, actionSize, observations, allParameters);

  const update = async (batch: TransitionBatch): Promise<UpdateMetrics> => {
    const { metrics, ...result } = await updates.run(
      {
        observation: batch.observations,
        action: batch.actions,
        reward: batch.rewards,
        nextObservation: batch.nextObservations,
        discount: batch.discounts,
        weight: batch.weights ?? ones,
      },
      made + 1,
    );
    made += 1;
    tdErrors = result.tdErrors ?? tdErrors;
    while (acting.size > 0) await Promise.allSettled(acting);
    adoptParameters(parts);
    if (!Object.values(metrics).every(Number.isFinite))
      throw firstNonFinite({ algorithm, update: made, batch, metrics });
    return { ...metrics, ...definition.derivedMetrics?.(metrics, config) };
  };

  const { explore, replayed } = programs;
  return {
    algorithm: name,
    definition,
    config,
    observationSize,
    actionSize,
    actsDuringUpdate: updates.actsDuringUpdate,
    ...(definition.warnings && { warnings: definition.warnings(sizes, config) }),

    act: async (observations, { deterministic, generator = actingNoise }) => {
      if (!deterministic) {
        const drawn = noiseFor(observations, generator);
        const sampled = await act(() => programs.sample.run({ observation: observations, noise: drawn }));
        return sound(copy(sampled.action), observations);
      }
      finiteRows(name, 'observations', observations, observationSize);
      const { mode } = programs;
      if (!mode) throw noMode(algorithm);
      const { action } = await act(() => mode.run({ observation: observations }));
      return sound(copy(action), observations);
    },

    ...(replayed &&
      explore && {
        replayed: {
          size: algorithm.replayedSize,
          explore: async (observations: Float32Array) => {
            const drawn = noiseFor(observations, actingNoise);
            const sampled = await act(() => explore.run({ observation: observations, noise: drawn }));
            return { actions: sound(copy(sampled.action), observations), replayed: copy(sampled.replayed) };
          },
          ofActions: async (actions: Float32Array) =>
            copy((await act(() => replayed.run({ action: actions }))).replayed),
        },
      }),

    value: async (observations) => {
      finiteRows(name, 'observations', observations, observationSize);
      const { value: judge } = programs;
      if (!judge)
        throw new DataError(`${name}: it has no values of states. Ask critic for those of actions.`);
      const { value } = await act(() => judge.run({ observation: observations }));
      return copy(value);
    },

    critic: async (observations, actions) => {
      const rows = finiteRows(name, 'observations', observations, observationSize);
      if (finiteRows(name, 'actions', actions, actionSize) !== rows)
        throw new DataError(
          `${name}: ${actions.length / actionSize} actions do not fit ${rows} observations. Give one action for each.`,
        );
      return copies(await act(() => programs.critic.run({ observation: observations, action: actions })));
    },

    update: async (batch) => {
      // Also while its parameters wait for actions to finish: another one would overwrite them.
      if (updating) throw new DataError(`${name}: the previous update has not finished. Await it first.`);
      expectNotDisposed();
      updating = true;
      const run = update(batch);
      underWay = run;
      try {
        return await run;
      } finally {
        updating = false;
      }
    },

    tdErrors: () => copy(tdErrors),

    deployment: () => {
      expectNotDisposed();
      const deployment = deploymentOf(algorithm, state);
      if (!deployment) throw noMode(algorithm);
      return deployment;
    },
    parameters: () => {
      expectNotDisposed();
      return namedParameters(algorithm, (group) => state.read(stateName(group, 'parameters')));
    },
    targetParameters: () => {
      expectNotUpdating();
      const states = updates.read();
      return namedParameters(
        algorithm,
        (group) => states[stateName(group, 'target')] ?? state.read(stateName(group, 'parameters')),
      );
    },
    loadParameters: (values, targets = values) => {
      expectNotUpdating();
      write({
        ...parameterStates(algorithm, values, 'parameters'),
        ...parameterStates(algorithm, targets, 'target'),
      });
    },
    state: () => {
      expectNotUpdating();
      return packState(algorithm, {
        states: updates.read(),
        updates: made,
        actingNoise: actingNoise.state(),
        updateNoise: random.state(),
      });
    },
    restore: (saved) => {
      expectNotUpdating();
      const unpacked = unpackState(algorithm, saved);
      write(unpacked.states);
      actingNoise.restore(unpacked.actingNoise);
      random.restore(unpacked.updateNoise);
      made = unpacked.updates;
      tdErrors = new Float32Array(0);
    },
    dispose: async () => {
      disposed = true;
      // Engines free nothing that runs.
      await Promise.allSettled([underWay, ...acting]);
      try {
        await updates.dispose();
      } finally {
        await programs.dispose();
      }
    },
  };
}
