import { DataError, mapValues } from '@meow-rl/graph';
import type { FloatArray, ParameterValues, StateStore } from '@meow-rl/graph';
import { stream } from '@meow-rl/random';
import type { Generator } from '@meow-rl/random';
import type { Deployable, LearningAgent, Savable } from '@meow-rl/train';

import { packState, unpackState } from './agent-state.ts';
import { stateName } from './algorithm.ts';
import type { Algorithm } from './algorithm.ts';
import { finiteActions, finiteRows } from './check-numbers.ts';
import type { CommonDefinition, CommonSettings } from './definition.ts';
import { deploymentOf } from './loaded-programs.ts';
import type { LoadedPrograms, AgentDeployment } from './loaded-programs.ts';
import { namedParameters, parameterStates } from './named-parameters.ts';
import type { SettingsOf } from './settings/index.ts';
import { STREAM } from './streams.ts';

/** What holds and saves the parameters, targets and optimizers' states of an agent. */
export interface Learned {
  /** A copy of everything between two updates, by the names of states. */
  read(): Readonly<Record<string, FloatArray>>;
  /** Replaces what is given between two updates, where it is learned and where it acts. */
  write(values: Readonly<Record<string, ArrayLike<number>>>): void;
  dispose(): Promise<void>;
}

/** What every agent has, whatever it learns from. */
export interface CommonAgent<T extends CommonSettings = CommonSettings>
  extends LearningAgent, Savable, Deployable {
  readonly config: SettingsOf<T>;
  readonly definition: CommonDefinition;
  /**
   * Values of states, [rows].
   *
   * @throws DataError if the algorithm has none
   */
  value(observations: Float32Array): Promise<Float32Array>;
  deployment(): AgentDeployment;
  /** The parameters by name, copied. */
  parameters(): ParameterValues;
  /** The parameters of the targets by name, copied; of networks that have none, those that are trained. */
  targetParameters(): ParameterValues;
  /** Replaces the parameters, and the targets' too unless they are given. Optimizers' states stay. */
  loadParameters(values: ParameterValues, targets?: ParameterValues): void;
}

/** What an agent is made of. */
export interface AgentParts {
  readonly algorithm: Algorithm;
  readonly learned: Learned;
  /** What acts reads its parameters here. */
  readonly state: StateStore;
  readonly programs: Pick<LoadedPrograms, 'sample' | 'mode' | 'value' | 'dispose'>;
  readonly seed: number;
  /** Draws the noise of updates. */
  readonly random: Generator;
}

/** An agent but for its learning, and what that takes. */
export interface AgentCore {
  readonly agent: CommonAgent;
  /** Updates made; restored with the agent. */
  made: number;
  /** Runs what acts: an update waits for it. */
  acting<R>(start: () => Promise<R>): Promise<R>;
  /** Waits for all that acts. */
  settleActing(): Promise<void>;
  /**
   * Runs an update, during which nothing else may be read or written.
   *
   * @throws DataError while another one runs
   */
  updating<R>(update: () => Promise<R>): Promise<R>;
  /** Standard normal noise for as many actions, of the agent's stream unless another generator is given. */
  noiseFor(observations: Float32Array, generator?: Generator): Float32Array;
  /** @throws DataError for an action that isn't finite, saying why */
  sound(actions: Float32Array, observations: Float32Array): Float32Array;
}

export const copy = (values: FloatArray): Float32Array =>
  // A third of the time where it can be.
  values instanceof Float32Array ? values.slice() : Float32Array.from(values);

export const copies = <Q extends string>(results: Readonly<Record<Q, FloatArray>>): Record<Q, Float32Array> =>
  mapValues(results, copy);

/**
 * Rows filled up with zeros to a power of two: engines prepare for each number of rows, and values are asked for of as many as episodes
 * were cut off in a step.
 */
function filledUp(observations: Float32Array, rows: number): Float32Array {
  const most = 2 ** Math.ceil(Math.log2(rows));
  if (most === rows) return observations;
  const filled = new Float32Array((observations.length / rows) * most);
  filled.set(observations);
  return filled;
}

/** Why there is no deterministic action, and what to do. */
const whyNoMode = ({ acting }: Algorithm): string =>
  acting.withoutMode ?? "Sample its actions, or have the definition's mode give one.";

const noMode = (algorithm: Algorithm): DataError =>
  new DataError(
    `${algorithm.definition.name}: its policy has no deterministic action. ${whyNoMode(algorithm)}`,
  );

/**
 * Everything of an agent but its learning.
 *
 * @param restored called when a saved state was put back
 */
export function agentCore(parts: AgentParts, restored: () => void = () => {}): AgentCore {
  const { algorithm, learned, state, programs, random } = parts;
  const { definition, sizes, config } = algorithm;
  const { name } = definition;
  const { observationSize, actionSize } = sizes;
  const actingNoise = stream(parts.seed, STREAM.acting);
  let noise = new Float32Array(0);
  let updating = false;
  let underWay: Promise<unknown> = Promise.resolve();
  let disposed = false;

  // What has begun before an update is through keeps the parameters that it began with, where they are copied from elsewhere.
  const acting = new Set<Promise<unknown>>();
  const expectNotDisposed = () => {
    if (disposed) throw new DataError(`${name}: the agent was disposed of. Make a new one.`);
  };
  /** A state between two updates: in the middle of one it would be neither. */
  const expectNotUpdating = () => {
    expectNotDisposed();
    if (updating) throw new DataError(`${name}: the update has not finished. Await it first.`);
  };
  const allParameters = () =>
    algorithm.groups.flatMap((group) => [...state.read(stateName(group.name, 'parameters'))]);

  const core: Omit<AgentCore, 'agent'> = {
    made: 0,
    async acting(start) {
      expectNotDisposed();
      const run = start();
      acting.add(run);
      try {
        return await run;
      } finally {
        acting.delete(run);
      }
    },
    async settleActing() {
      while (acting.size > 0) await Promise.allSettled(acting);
    },
    async updating(update) {
      // Also while its parameters wait for actions to finish: another one would overwrite them.
      if (updating) throw new DataError(`${name}: the previous update has not finished. Await it first.`);
      expectNotDisposed();
      updating = true;
      const run = update();
      underWay = run;
      try {
        return await run;
      } finally {
        updating = false;
      }
    },
    noiseFor(observations, generator = actingNoise) {
      const rows = finiteRows(name, 'observations', observations, observationSize);
      if (noise.length !== rows * actionSize) noise = new Float32Array(rows * actionSize);
      generator.fillNormal(noise);
      return noise;
    },
    sound: (actions, observations) => finiteActions(name, actions, actionSize, observations, allParameters),
  };

  const agent: CommonAgent = {
    algorithm: name,
    definition,
    config,
    observationSize,
    actionSize,
    ...(!programs.mode && { withoutMode: whyNoMode(algorithm) }),

    act: async (observations, { deterministic, generator }) => {
      if (!deterministic) {
        const drawn = core.noiseFor(observations, generator);
        const sampled = await core.acting(() =>
          programs.sample.run({ observation: observations, noise: drawn }),
        );
        return core.sound(copy(sampled.action), observations);
      }
      finiteRows(name, 'observations', observations, observationSize);
      const { mode } = programs;
      if (!mode) throw noMode(algorithm);
      const { action } = await core.acting(() => mode.run({ observation: observations }));
      return core.sound(copy(action), observations);
    },

    value: async (observations) => {
      const rows = finiteRows(name, 'observations', observations, observationSize);
      const { value: judge } = programs;
      if (!judge)
        throw new DataError(`${name}: it has no values of states. Ask critic for those of actions.`);
      const observation = filledUp(observations, rows);
      const { value } = await core.acting(() => judge.run({ observation }));
      return copy(value.subarray(0, rows));
    },

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
      const states = learned.read();
      return namedParameters(
        algorithm,
        (group) => states[stateName(group, 'target')] ?? state.read(stateName(group, 'parameters')),
      );
    },
    loadParameters: (values, targets = values) => {
      expectNotUpdating();
      learned.write({
        ...parameterStates(algorithm, values, 'parameters'),
        ...parameterStates(algorithm, targets, 'target'),
      });
    },
    state: () => {
      expectNotUpdating();
      return packState(algorithm, {
        states: learned.read(),
        updates: core.made,
        actingNoise: actingNoise.state(),
        updateNoise: random.state(),
      });
    },
    restore: (saved) => {
      expectNotUpdating();
      const unpacked = unpackState(algorithm, saved);
      learned.write(unpacked.states);
      actingNoise.restore(unpacked.actingNoise);
      random.restore(unpacked.updateNoise);
      core.made = unpacked.updates;
      restored();
    },
    dispose: async () => {
      disposed = true;
      // Engines free nothing that runs.
      await Promise.allSettled([underWay, ...acting]);
      try {
        await learned.dispose();
      } finally {
        await programs.dispose();
      }
    },
  };
  return Object.assign(core, { agent });
}
