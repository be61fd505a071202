import { defaultRuntime } from '#default-runtime';
import { DataError } from '@meow-rl/graph';
import type { FloatArray, Runtime, StateStore } from '@meow-rl/graph';
import { stream } from '@meow-rl/random';
import type { TransitionBatch } from '@meow-rl/replay';
import type { OffPolicyAgent, UpdateMetrics } from '@meow-rl/train';

import { agentCore, copies, copy } from './agent-core.ts';
import type { AgentParts, CommonAgent } from './agent-core.ts';
import { algorithmStates, resolveAlgorithm, stateName } from './algorithm.ts';
import type { Algorithm } from './algorithm.ts';
import { finiteRows, refuseBeyond } from './check-numbers.ts';
import type { AlgorithmDefinition, CommonSettings, NetworkGroups, Sizes } from './definition.ts';
import { loadPrograms } from './loaded-programs.ts';
import type { AgentDeployment, LoadedPrograms } from './loaded-programs.ts';
import { localUpdates } from './local-updates.ts';
import { startStates } from './named-parameters.ts';
import { firstNonFinite, fieldsOfBatch } from './non-finite.ts';
import type { SettingsOf } from './settings/index.ts';
import { STREAM } from './streams.ts';
import type { Updates, UpdatesFactory } from './updates.ts';

/** What an agent is made with. */
export interface AgentOptions<T extends CommonSettings = CommonSettings> extends Sizes {
  /**
   * The engine, for instance `onnxRuntimeNode()`. Default, in Node: `onnxRuntimeFused()` where `@meow-rl/onnxruntime-fused` can
   * be loaded, else `onnxRuntimeNode()` with a warning.
   */
  readonly runtime?: Runtime;
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
  extends OffPolicyAgent, CommonAgent<T> {
  /**
   * Values of given actions by the algorithm's names for them, [rows] each.
   *
   * @throws DataError for an action beyond −1 and 1
   */
  critic(observations: Float32Array, actions: Float32Array): Promise<Readonly<Record<Q, Float32Array>>>;
  tdErrors(): Float32Array;
  deployment(): AgentDeployment<Q>;
}

/**
 * Makes an agent that learns by a definition. If that fails, what was loaded or started for it is freed.
 *
 * @throws RangeError for settings out of range; GraphError for a definition that contradicts itself; DataError if no runtime
 *   is given and none is installed
 */
export async function createAgent<N extends NetworkGroups, T extends CommonSettings, Q extends string>(
  definition: AlgorithmDefinition<N, T, Q>,
  options: AgentOptions<T>,
): Promise<Agent<T, Q>> {
  const { seed = 0, observationSize, actionSize, updates: makeUpdates = localUpdates } = options;
  const algorithm = resolveAlgorithm(definition, { observationSize, actionSize }, options.config);
  const runtime = options.runtime ?? (await defaultRuntime());
  const random = stream(seed, STREAM.updates);
  const updates = await makeUpdates({ algorithm, seed, runtime, random });
  let programs: LoadedPrograms | undefined;
  try {
    const state = updates.state ?? runtime.createState(algorithmStates(algorithm));
    programs = await loadPrograms(algorithm, runtime, state);
    const parts = { algorithm, updates, state, programs };
    const learned = {
      read: () => updates.read(),
      write: (values: Readonly<Record<string, ArrayLike<number>>>) => {
        updates.write(values);
        adoptParameters(parts);
      },
      dispose: () => updates.dispose(),
    };
    learned.write(startStates(algorithm, seed));
    // The types of settings and outputs are those of the definition that the algorithm was resolved from.
    return agentOf(parts, { algorithm, learned, state, programs, seed, random }) as Agent<T, Q>;
  } catch (error) {
    await programs?.dispose();
    await updates.dispose();
    throw error;
  }
}

/** Where an agent learns, and what acts. */
interface Parts {
  readonly algorithm: Algorithm;
  readonly updates: Updates;
  /** What acts reads its parameters here. */
  readonly state: StateStore;
  readonly programs: LoadedPrograms;
}

/** Gives what acts the parameters that the last update made, where they aren't the same. */
function adoptParameters({ algorithm, updates, state }: Parts): void {
  if (updates.state) return;
  for (const { name } of algorithm.groups)
    state.write(stateName(name, 'parameters'), updates.parameters(name));
}

function agentOf({ algorithm, updates, state, programs }: Parts, parts: AgentParts): Agent {
  const { definition, sizes, config } = algorithm;
  const { name } = definition;
  const { observationSize, actionSize } = sizes;
  const ones = new Float32Array(config.batchSize).fill(1);
  let tdErrors: FloatArray = new Float32Array(0);
  const core = agentCore(parts, () => {
    tdErrors = new Float32Array(0);
  });

  const { explore, replayed } = programs;

  const update = async (batch: TransitionBatch): Promise<UpdateMetrics> => {
    if (!replayed) refuseBeyond(name, "the batch's actions have", batch.actions, actionSize);
    const { metrics, ...result } = await updates.run(
      {
        observation: batch.observations,
        action: batch.actions,
        reward: batch.rewards,
        nextObservation: batch.nextObservations,
        discount: batch.discounts,
        weight: batch.weights ?? ones,
      },
      core.made + 1,
    );
    core.made += 1;
    tdErrors = result.tdErrors ?? tdErrors;
    await core.settleActing();
    adoptParameters({ algorithm, updates, state, programs });
    if (!Object.values(metrics).every(Number.isFinite))
      throw firstNonFinite({ algorithm, update: core.made, fields: fieldsOfBatch(batch), metrics });
    return { ...metrics, ...definition.derivedMetrics?.(metrics, config) };
  };

  return {
    ...core.agent,
    actsDuringUpdate: updates.actsDuringUpdate,
    batchSize: config.batchSize,
    gamma: config.gamma,
    ...(definition.warnings && { warnings: definition.warnings(sizes, config) }),

    ...(replayed &&
      explore && {
        replayed: {
          size: algorithm.replayedSize,
          explore: async (observations: Float32Array) => {
            const drawn = core.noiseFor(observations);
            const sampled = await core.acting(() => explore.run({ observation: observations, noise: drawn }));
            return {
              actions: core.sound(copy(sampled.action), observations),
              replayed: copy(sampled.replayed),
            };
          },
          ofActions: async (actions: Float32Array) => {
            refuseBeyond(name, 'actions have', actions, actionSize);
            return copy((await core.acting(() => replayed.run({ action: actions }))).replayed);
          },
        },
      }),

    critic: async (observations, actions) => {
      const rows = finiteRows(name, 'observations', observations, observationSize);
      if (finiteRows(name, 'actions', actions, actionSize) !== rows)
        throw new DataError(
          `${name}: ${actions.length / actionSize} actions do not fit ${rows} observations. Give one action for each.`,
        );
      refuseBeyond(name, 'actions have', actions, actionSize);
      return copies(
        await core.acting(() => programs.critic.run({ observation: observations, action: actions })),
      );
    },

    update: (batch) => core.updating(() => update(batch)),
    tdErrors: () => copy(tdErrors),
  };
}
