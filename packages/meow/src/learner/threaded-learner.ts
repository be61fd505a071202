import { DataError } from '@meow-rl/graph';

import type { LearnerBatch, LearnerFactory } from './learner.ts';
import { eachBatchInput, learnerMemory } from './memory.ts';
import type { LearnerMemory } from './memory.ts';
import { mergeMetrics } from './metrics.ts';
import { eachState } from './states.ts';
import { startTeam } from './thread-team.ts';

export interface ThreadedLearnerOptions {
  /** Threads that share each batch. Default: 2. */
  readonly threads?: number;
}

/**
 * Makes updates in worker threads of Node, each with sessions of onnxruntime-node of its own; the agent can act meanwhile.
 *
 * Every thread computes the gradient of its share of the batch and hands it to all others. Every thread then adds up the
 * gradients of its share of the parameters, in a fixed order, steps these, and hands them to all others:
 *
 *     g = g₀ + g₁ + … over the threads
 *
 * So results depend on the number of threads, never on timing. One thread gives the bits of an agent without this.
 *
 * Disposing of the agent ends the threads, after the update under way. An agent that isn't disposed of keeps them as long as
 * the process lives; they don't keep it alive, and between updates they sleep.
 *
 * @throws RangeError if `threads` is not a whole number from 1 to the batch size
 */
export function threadedLearner({ threads = 2 }: ThreadedLearnerOptions = {}): LearnerFactory {
  return async ({ model, seed, dropoutOffsets }) => {
    const { config, observationSize, actionSize } = model;
    const { batchSize } = config;
    if (!Number.isInteger(threads) || threads < 1 || threads > batchSize)
      throw new RangeError(
        `threadedLearner: threads is ${threads}, expected a whole number from 1 to the batch size ${batchSize}.`,
      );
    const memory = learnerMemory(model, threads);
    const sizes = { observationSize, actionSize };
    const team = await startTeam({ sizes, config, seed, threads, memory });
    return {
      stateFrom: undefined,
      actsDuringUpdate: true,
      update: async (batch) => {
        team.expectIdle();
        writeBatch(memory, batch);
        memory.offsets.forEach((own, i) => {
          const end = team.ready[i]?.offsets ?? 0;
          if (end > 0) dropoutOffsets.fillIntegers(own, end);
        });
        await team.run('update');
        return { metrics: mergeMetrics(memory.metrics), tdErrors: memory.tdErrors.slice() };
      },
      parameters: () => memory.state.parameters,
      readState: () => {
        team.expectIdle();
        team.runNow('read');
        return eachState((name) => memory.state[name].slice());
      },
      writeState: (values) => {
        team.expectIdle();
        team.runNow('read');
        eachState((name) => memory.state[name].set(values[name] ?? []));
        team.runNow('write');
      },
      dispose: () => team.end(),
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
