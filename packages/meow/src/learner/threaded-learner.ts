import { DataError, floatsAt } from '@meow-rl/graph';

import { learnerEngine, loadEngine } from './engine.ts';
import type { LearnerBatch, LearnerFactory } from './learner.ts';
import { localLearner } from './local-learner.ts';
import { learnerMember } from './member.ts';
import { eachBatchInput, learnerMemory } from './memory.ts';
import type { LearnerMemory } from './memory.ts';
import { mergeMetrics } from './metrics.ts';
import { eachState } from './states.ts';
import { startTeam } from './thread-team.ts';

export interface ThreadedLearnerOptions {
  /** Threads that share each batch. Default: 2. */
  readonly threads?: number;
  /**
   * Whether the calling thread is left free during updates, so that the agent can act meanwhile. Otherwise it takes the first
   * share itself, which takes one thread less and saves the time to wake it up. Default: false.
   */
  readonly background?: boolean;
}

/** Threads that stay awake between updates take the core that the calling thread acts on, if they have all of them... */
const AWAKE_BEHIND_CALLER = 0.2;
/** ...but not if that is one of them. This is longer than most environments take for a step. */
const AWAKE_BESIDE_CALLER = 2;

/**
 * Makes updates in worker threads of Node and, unless in the background, the calling thread. Each has sessions of its own of
 * the agent's engine, onnxruntime-node or onnxruntime-fused, always on the CPU and with one thread inside operators.
 *
 * Every thread computes the gradient of its share of the batch. Every thread then adds up the gradients of its share of the
 * parameters, in a fixed order, and steps these:
 *
 *     g = g₀ + g₁ + … over the threads
 *
 * So results depend on the number of threads, never on timing or on where they run. One thread gives the bits of an agent
 * without this.
 *
 * Disposing of the agent ends the threads, after the update under way. An agent that isn't disposed of keeps them as long as
 * the process lives; they don't keep it alive, and between updates they sleep.
 *
 * @throws RangeError if `threads` is not a whole number from 1 to the batch size; DataError if threads can't load the agent's
 *   engine
 */
export function threadedLearner({
  threads = 2,
  background = false,
}: ThreadedLearnerOptions = {}): LearnerFactory {
  return async (setup) => {
    const { model, seed, runtime, dropoutOffsets } = setup;
    const { config, observationSize, actionSize } = model;
    const { batchSize } = config;
    if (!Number.isInteger(threads) || threads < 1 || threads > batchSize)
      throw new RangeError(
        `threadedLearner: threads is ${threads}, expected a whole number from 1 to the batch size ${batchSize}.`,
      );
    if (threads === 1 && !background) return localLearner(setup);
    const engine = learnerEngine(runtime);
    const memory = learnerMemory(model, threads);
    const whole = eachState((name) => floatsAt(memory.state[name]));
    const sizes = { observationSize, actionSize };
    const awakeMilliseconds = background ? AWAKE_BEHIND_CALLER : AWAKE_BESIDE_CALLER;
    const team = await startTeam({
      engine,
      sizes,
      config,
      seed,
      memory,
      threads,
      callerTakesPart: !background,
      awakeMilliseconds,
    });
    const expectIdle = () => {
      if (team.failure) throw team.failure;
      if (team.ended) throw new DataError('meow: the agent was disposed of.');
      if (team.running !== undefined)
        throw new DataError('meow: the update has not finished. Await it first.');
    };
    const loadOwn = async () =>
      learnerMember({
        model,
        seed,
        runtime: await loadEngine(engine),
        index: 0,
        threads,
        memory,
        meet: team.meet,
      });
    const own = background
      ? undefined
      : await loadOwn().catch(async (error: unknown) => {
          await team.end();
          throw error;
        });
    const offsets = [...(own ? [own] : []), ...team.ready].map((member) => member.offsets);
    return {
      // Not where the threads write them: acting would see parameters half stepped.
      stateFrom: undefined,
      actsDuringUpdate: background,
      update: async (batch) => {
        expectIdle();
        writeBatch(memory, batch);
        memory.offsets.forEach((drawn, i) => {
          const end = offsets[i] ?? 0;
          if (end > 0) dropoutOffsets.fillIntegers(drawn, end);
        });
        await (own ? team.runWith('update', own.update) : team.run('update'));
        return { metrics: mergeMetrics(memory.metrics), tdErrors: memory.tdErrors.slice() };
      },
      parameters: () => whole.parameters,
      readState: () => {
        expectIdle();
        own?.read();
        team.runNow('read');
        return eachState((name) => whole[name].slice());
      },
      writeState: (values) => {
        expectIdle();
        own?.read();
        team.runNow('read');
        eachState((name) => whole[name].set(values[name] ?? []));
        own?.write();
        team.runNow('write');
      },
      dispose: async () => {
        await team.end();
        await own?.dispose();
      },
    };
  };
}

function writeBatch(memory: LearnerMemory, batch: LearnerBatch): void {
  eachBatchInput((name) => {
    const [from, to] = [batch[name], memory.batch[name]];
    if (from.length !== to.length)
      throw new DataError(
        `meow: the batch's ${name} has ${from.length} entries, expected ${to.length}. Give as many transitions as batchSize says.`,
      );
  });
  eachBatchInput((name) => memory.batch[name].set(batch[name]));
}
