import { defaultRuntime } from '#default-runtime';
import { DataError, SCALE_STATE } from '@meow-rl/graph';
import { stream } from '@meow-rl/random';
import type { Rollout } from '@meow-rl/replay';
import type { OnPolicyAgent, RolloutUpdate } from '@meow-rl/train';

import { agentCore, copy } from '../agent-core.ts';
import type { AgentParts, CommonAgent } from '../agent-core.ts';
import type { AgentOptions } from '../agent.ts';
import { resolveOnPolicyAlgorithm, stateName } from '../algorithm.ts';
import type { OnPolicyAlgorithm } from '../algorithm.ts';
import type { CommonSettings, NetworkGroups, OnPolicyDefinition } from '../definition.ts';
import { loadOnPolicyPrograms } from '../loaded-programs.ts';
import type { OnPolicyPrograms } from '../loaded-programs.ts';
import { localUpdates } from '../local-updates.ts';
import type { LocalUpdates } from '../local-updates.ts';
import { startStates } from '../named-parameters.ts';
import { fieldsOfRollout, firstNonFinite } from '../non-finite.ts';
import { permutation } from '../noise.ts';
import { STREAM } from '../streams.ts';
import { explainedVariance, generalizedAdvantages } from './advantages.ts';
import { gatherMinibatches } from './minibatches.ts';

/** What an on-policy agent is made with. It learns in the calling thread. */
export type OnPolicyAgentOptions<T extends CommonSettings = CommonSettings> = Omit<
  AgentOptions<T>,
  'updates'
>;

/** An agent that learns from rollouts by the definition of its algorithm. */
export interface RolloutAgent<T extends CommonSettings = CommonSettings>
  extends OnPolicyAgent, CommonAgent<T> {
  value(observations: Float32Array): Promise<Float32Array>;
}

/**
 * Makes an agent that learns from rollouts by a definition. If that fails, what was loaded for it is freed.
 *
 * @throws RangeError for settings out of range; GraphError for a definition that contradicts itself; DataError if no runtime
 *   is given and none is installed
 */
export async function createOnPolicyAgent<N extends NetworkGroups, T extends CommonSettings>(
  definition: OnPolicyDefinition<N, T>,
  options: OnPolicyAgentOptions<T>,
): Promise<RolloutAgent<T>> {
  const { seed = 0, observationSize, actionSize } = options;
  const algorithm = resolveOnPolicyAlgorithm(definition, { observationSize, actionSize }, options.config);
  const runtime = options.runtime ?? (await defaultRuntime());
  const random = stream(seed, STREAM.updates);
  const updates = await localUpdates({ algorithm, seed, runtime, random });
  let programs: OnPolicyPrograms | undefined;
  try {
    programs = await loadOnPolicyPrograms(algorithm, runtime, updates.state);
    updates.write(startStates(algorithm, seed));
    const parts = { algorithm, learned: updates, state: updates.state, programs, seed, random };
    // The types of settings are those of the definition that the algorithm was resolved from.
    return agentOf(parts, algorithm, updates, programs) as RolloutAgent<T>;
  } catch (error) {
    await programs?.dispose();
    await updates.dispose();
    throw error;
  }
}

function agentOf(
  parts: AgentParts,
  algorithm: OnPolicyAlgorithm,
  updates: LocalUpdates,
  programs: OnPolicyPrograms,
): RolloutAgent {
  const core = agentCore(parts);
  const { config, definition, learning } = algorithm;
  const { batchSize } = config;

  /** One gradient step. */
  const step = async (
    rollout: Rollout,
    minibatch: Readonly<Record<string, Float32Array>>,
    isFirstOfRollout: boolean,
  ) => {
    const { metrics } = await updates.run(minibatch, core.made + 1);
    core.made += 1;
    if (!Object.values(metrics).every(Number.isFinite))
      throw firstNonFinite({
        algorithm,
        update: core.made,
        fields: fieldsOfRollout(rollout),
        metrics,
        isFirstOfRollout,
      });
    return metrics;
  };

  const update = async (rollout: Rollout, progress: number): Promise<RolloutUpdate> => {
    const rows = checkRollout(algorithm, rollout);
    checkProgress(definition.name, progress);
    const estimates = generalizedAdvantages(rollout, learning);
    const gather = gatherMinibatches(rollout, estimates, batchSize, algorithm.sizes);
    const order = new Int32Array(rows);
    const { fill: shuffle } = permutation(rows);
    const scale = learning.stepScale?.(progress) ?? 1;
    scaleSteps(algorithm, updates, scale);
    const sums: Record<string, number> = {};
    let made = 0;
    let epochs = 0;
    for (let stopped = false; epochs < learning.epochs && !stopped; epochs += 1) {
      shuffle(order, parts.random);
      let last: Readonly<Record<string, number>> = {};
      for (let from = 0; from < rows; from += batchSize) {
        last = await step(rollout, gather(order.subarray(from, from + batchSize)), made === 0);
        made += 1;
        for (const [name, value] of Object.entries(last)) sums[name] = (sums[name] ?? 0) + value;
      }
      stopped = learning.stops?.(last) ?? false;
    }
    const foreseen = explainedVariance(estimates.returns, rollout.values);
    const metrics = {
      ...Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / made])),
      ...(foreseen !== undefined && { explainedVariance: foreseen }),
      epochs,
      stepScale: scale,
    };
    return { updates: made, metrics: { ...metrics, ...definition.derivedMetrics?.(metrics, config) } };
  };

  return {
    ...core.agent,
    minibatchSize: batchSize,
    explore: async (observations) => {
      const noise = core.noiseFor(observations);
      const explored = await core.acting(() => programs.explore.run({ observation: observations, noise }));
      return {
        actions: core.sound(copy(explored.action), observations),
        sampled: copy(explored.sampled),
        logProbs: copy(explored.logProb),
        values: copy(explored.value),
      };
    },
    update: (rollout, progress) => core.updating(() => update(rollout, progress)),
  };
}

/** Writes what the steps of optimizers are multiplied by, where they have that state. */
function scaleSteps({ groups }: OnPolicyAlgorithm, updates: LocalUpdates, scale: number): void {
  const scaled = groups.filter(({ optimizer }) => Object.hasOwn(optimizer?.init(0) ?? {}, SCALE_STATE));
  updates.write(Object.fromEntries(scaled.map(({ name }) => [stateName(name, SCALE_STATE), [scale]])));
}

/** @throws RangeError unless it is a share of the run's steps: beyond, steps would go up the slope */
function checkProgress(name: string, progress: number): void {
  if (progress >= 0 && progress <= 1) return;
  throw new RangeError(
    `${name}: the progress of an update is ${String(progress)}, expected a number from 0 to 1. Give the share of the run's steps that were made before the rollout; 0 where there is no end.`,
  );
}

/**
 * The transitions of a rollout.
 *
 * @throws DataError if they can't be cut into minibatches, or an array is of another size
 */
function checkRollout({ definition, config, sizes }: OnPolicyAlgorithm, rollout: Rollout): number {
  const rows = rollout.steps * rollout.numEnvs;
  const { batchSize } = config;
  if (rows === 0 || rows % batchSize !== 0)
    throw new DataError(
      `${definition.name}: a rollout of ${rollout.steps} steps of ${rollout.numEnvs} environments has ${rows} transitions, which is no multiple of batchSize ${batchSize}. Change one of them.`,
    );
  const widths = {
    observations: sizes.observationSize,
    actions: sizes.actionSize,
    logProbs: 1,
    values: 1,
    rewards: 1,
    nextValues: 1,
    terminated: 1,
    done: 1,
  };
  for (const [name, width] of Object.entries(widths)) {
    // Untyped code may leave one out.
    const values: ArrayLike<number> | undefined = rollout[name as keyof typeof widths];
    const length = values?.length ?? 0;
    if (length !== rows * width)
      throw new DataError(
        `${definition.name}: the rollout's ${name} has ${length} entries, expected ${rows * width}. Give a rollout of this agent's observations and actions.`,
      );
  }
  return rows;
}
