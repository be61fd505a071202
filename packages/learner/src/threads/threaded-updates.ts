import { workerData } from 'node:worker_threads';

import { DataError, floatsAt } from '@meow-rl/graph';
import { siblingModule, startThreads } from '@meow-rl/threads';

import { stateName } from '../algorithm.ts';
import type { Algorithm } from '../algorithm.ts';
import { drawNoise, takesPart } from '../drawn-noise.ts';
import { localUpdates } from '../local-updates.ts';
import { expectDistinct, mergedMetrics, stageMetrics } from '../metrics.ts';
import { checkBatch, eachBatchInput } from '../stage-inputs.ts';
import { gradientProgram } from '../stage-programs.ts';
import type { BatchData, UpdatesFactory } from '../updates.ts';
import { updateEngine } from './engine.ts';
import { pace } from './pace.ts';
import type { Pace } from './pace.ts';
import { partsOfCaller } from './parts-of-caller.ts';
import type { UpdateProtocol } from './protocol.ts';
import { allocateMemory } from './shared-memory.ts';
import type { SharedMemory } from './shared-memory.ts';

/** How threads share updates. */
export interface ThreadedUpdatesOptions {
  /** Threads that share each batch. Default: 2. */
  readonly threads?: number;
  /**
   * Whether the calling thread is left free during updates, so that the agent can act meanwhile. Otherwise it takes the first
   * share itself, which takes one thread less and saves the time to wake it up. Default: false.
   */
  readonly background?: boolean;
}

/** Milliseconds that threads stay awake between updates in the background: longer, and they could take the core that the caller acts on. */
const AWAKE_BEHIND_CALLER = 0.2;
/** The same where the caller is one of them, and so has a core. Longer than most environments take for a step. */
const AWAKE_BESIDE_CALLER = 2;

const NOT_MADE = 'No agent was made.';
const RESTORE = 'Make a new agent and restore its last saved state.';

const entry = siblingModule('update-thread', import.meta.url);

/**
 * Makes updates in worker threads of Node and, unless in the background, the calling thread. Each has sessions of its own of
 * the agent's engine, onnxruntime-node or onnxruntime-fused with the same instruction set, always on the CPU and with one thread inside operators.
 *
 * Every thread computes the gradient of its share of the batch. Every thread then adds up the gradients of its share of the
 * parameters, in a fixed order, and steps these:
 *
 *     g = g₀ + g₁ + … over the threads
 *
 * So results depend on the number of threads, never on timing or on where they run. One thread gives the bits of an agent
 * without this. Where sharing takes longer, as on cores that other programs use, the calling thread computes all shares by itself.
 *
 * Disposing of the agent ends the threads, after the update under way. An agent that isn't disposed of keeps them as long as
 * the process lives; they don't keep it alive, and between updates they sleep.
 *
 * @throws RangeError if `threads` is not a whole number from 1 to the batch size; DataError if threads can't load the agent's
 *   engine
 */
export const threadedUpdates = (options: ThreadedUpdatesOptions = {}): UpdatesFactory =>
  threadedUpdatesPaced(options, pace);

/** @param makePace says whether an update is shared, where the calling thread takes part */
export function threadedUpdatesPaced(
  { threads = 2, background = false }: ThreadedUpdatesOptions,
  makePace: () => Pace,
): UpdatesFactory {
  return async (setup) => {
    const { algorithm, seed, runtime, random } = setup;
    const { definition, sizes, config, stages } = algorithm;
    if (isLearnerThread())
      throw new DataError(
        `threadedUpdates: called in a thread of an agent's updates, which imports ${algorithm.module} for the definition of ${definition.name}. Put the definition in a file that makes no agent.`,
      );
    const { batchSize } = config;
    if (!Number.isInteger(threads) || threads < 1 || threads > batchSize)
      throw new RangeError(
        `threadedUpdates: threads is ${threads}, expected a whole number from 1 to the batch size ${batchSize}.`,
      );
    if (threads === 1 && !background) return localUpdates(setup);
    const engine = updateEngine(runtime);
    const metrics = stages.map((stage) => {
      const { outputs } = gradientProgram(algorithm, stage, { rows: batchSize, seed, thread: 0 });
      return stageMetrics(algorithm, stage, outputs);
    });
    expectDistinct(algorithm, metrics);
    const counts = metrics.map(({ length }) => length);
    const { memory, rooms } = allocateMemory(algorithm, threads, counts);
    const states = Object.entries(memory.states).map(([name, vector]) => ({ name, data: floatsAt(vector) }));
    const { name } = definition;
    let started = false;
    const team = await startThreads<UpdateProtocol>({
      name,
      entry,
      count: threads,
      callerTakesPart: !background,
      dataOf: () => ({
        definition: { module: algorithm.module, name },
        sizes,
        config,
        engine,
        seed,
        memory,
      }),
      awakeMilliseconds: background ? AWAKE_BEHIND_CALLER : AWAKE_BESIDE_CALLER,
      threadName: 'learner thread',
      lossError: ({ problem, cause }) =>
        new Error(
          `${name}: ${problem.trim().replace(/\.$/, '')}. ${started ? `Its agent can't update any more. ${RESTORE}` : NOT_MADE}`,
          { cause },
        ),
    });
    started = true;
    const callers = background
      ? undefined
      : await partsOfCaller({ algorithm, seed, threads, memory, meet: team.meet }, engine, makePace()).catch(
          async (error: unknown) => {
            await team.end();
            throw error;
          },
        );
    const expectIdle = () => {
      if (team.ended) throw new DataError(`${name}: the agent was disposed of.`);
      if (team.failure) throw team.failure;
      if (team.running) throw new DataError(`${name}: the update has not finished. Await it first.`);
    };
    const publish = () => {
      expectIdle();
      // Of the others' numbers it has all.
      if (callers) callers.first.publish();
      else team.runNow('publish');
    };
    const adopt = () => {
      callers?.adopt();
      team.runNow('adopt');
    };
    return {
      // Not where the threads write them: acting would see parameters half stepped.
      state: undefined,
      actsDuringUpdate: background,
      run: async (batch, update) => {
        expectIdle();
        writeBatch(algorithm, memory, batch);
        stages.forEach((stage, i) => {
          memory.takesPart[i] = Number(takesPart(stage, update));
          if (takesPart(stage, update)) drawNoise(stage, rooms[i] ?? [], random, update);
        });
        await (callers ? callers.update(team) : team.run('update'));
        const taking = memory.stages.flatMap((stage, i) => (memory.takesPart[i] === 1 ? [{ stage, i }] : []));
        return {
          metrics: Object.assign(
            {},
            ...taking.map(({ stage, i }) => mergedMetrics(metrics[i] ?? [], stage.metrics)),
          ),
          tdErrors: taking.some(({ stage }) => stage.hasErrors[0] === 1)
            ? memory.tdErrors.slice()
            : undefined,
        };
      },
      parameters: (group) =>
        states.find((state) => state.name === stateName(group, 'parameters'))?.data ?? new Float32Array(0),
      read: () => {
        publish();
        return Object.fromEntries(states.map((state) => [state.name, state.data.slice()]));
      },
      write: (values) => {
        publish();
        for (const { name: state, data } of states) data.set(values[state] ?? []);
        adopt();
      },
      dispose: async () => {
        try {
          await team.end();
        } finally {
          await callers?.dispose();
        }
      },
    };
  };
}

/** Whether this runs in a thread that serves updates, as a script does that its definition is in. */
const isLearnerThread = (): boolean => {
  const setup: unknown = workerData;
  if (typeof setup !== 'object' || setup === null || !('control' in setup) || !('data' in setup))
    return false;
  const { data } = setup;
  return typeof data === 'object' && data !== null && 'definition' in data && 'memory' in data;
};

function writeBatch(algorithm: Algorithm, memory: SharedMemory, batch: BatchData): void {
  checkBatch(algorithm, batch);
  eachBatchInput((name) => memory.batch[name].set(batch[name]));
}
