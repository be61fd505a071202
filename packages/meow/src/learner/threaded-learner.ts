import { DataError } from '@meow-rl/graph';

import { eachGradientMetric } from '../gradient.ts';
import type { GradientMetric } from '../gradient.ts';
import type { LearnerBatch, LearnerFactory } from './learner.ts';
import { eachBatchInput, learnerMemory, shardsOf } from './memory.ts';
import type { LearnerMemory } from './memory.ts';
import type { ThreadReply } from './protocol.ts';
import { eachState } from './states.ts';
import { startThread } from './thread-handle.ts';
import type { ThreadHandle } from './thread-handle.ts';

export interface ThreadedLearnerOptions {
  /** Threads that share each batch. Default: 2. */
  readonly threads?: number;
}

/**
 * Makes updates in worker threads of Node, each with a session of onnxruntime-node of its own; the agent can act meanwhile.
 *
 * Every thread computes the gradient of its share of the batch and hands it to all others; every thread then makes the same
 * step with the sum, taken in a fixed order:
 *
 *     g = g₀ + g₁ + … over the threads
 *
 * So results depend on the number of threads, never on timing. One thread gives the bits of an agent without this. The
 * threads alone don't keep a process alive; `dispose` of the agent ends them.
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
    const handles: ThreadHandle[] = [];
    let failure: Error | undefined;
    let running = false;
    let disposed = false;

    const killAll = () => Promise.all(handles.map((handle) => handle.kill()));
    // The others may wait for the gradient of the one that ended.
    const onDeath = (error: Error) => {
      failure ??= error;
      void killAll();
    };
    const started = await Promise.allSettled(
      shardsOf(batchSize, threads).map(async (shard, index) => {
        const sizes = { observationSize, actionSize };
        const setup = { sizes, config, seed, index, threads, shard, memory };
        const [handle, reply] = await startThread({ setup, onDeath });
        handles[index] = handle;
        return reply.type === 'ready' ? reply.offsets : 0;
      }),
    );
    const offsets = started.map((result) => (result.status === 'fulfilled' ? result.value : 0));
    if (failure) {
      await killAll();
      throw failure;
    }

    const checkIdle = () => {
      if (failure) throw failure;
      if (disposed) throw new DataError('meow: the agent was disposed of.');
      if (running) throw new DataError('meow: the update has not finished. Await it first.');
    };

    return {
      stateFrom: undefined,
      actsDuringUpdate: true,
      update: async (batch) => {
        checkIdle();
        writeBatch(memory, batch);
        memory.offsets.forEach((own, i) => {
          const end = offsets[i] ?? 0;
          if (end > 0) dropoutOffsets.fillIntegers(own, end);
        });
        running = true;
        try {
          const replies = await Promise.all(handles.map((handle) => handle.request('update')));
          return { metrics: mergeMetrics(replies), tdErrors: memory.tdErrors };
        } catch (error) {
          throw failure ?? error;
        } finally {
          running = false;
        }
      },
      parameters: () => memory.state.parameters,
      readState: () => {
        checkIdle();
        handles[0]?.requestNow('read');
        return eachState((name) => memory.state[name].slice());
      },
      writeState: (values) => {
        checkIdle();
        handles[0]?.requestNow('read');
        eachState((name) => memory.state[name].set(values[name] ?? memory.state[name]));
        for (const handle of handles) handle.requestNow('write');
      },
      dispose: async () => {
        if (disposed || failure) {
          disposed = true;
          return;
        }
        checkIdle();
        disposed = true;
        await Promise.all(handles.map((handle) => handle.end()));
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

/** Metrics of the loss add up over the threads, those of the step are the same in all. */
function mergeMetrics(replies: readonly ThreadReply[]) {
  const metrics = replies.flatMap((reply) => (reply.type === 'updated' ? [reply.metrics] : []));
  const [first] = metrics;
  const total = (name: GradientMetric) => metrics.reduce((sum, own) => sum + own[name], 0);
  return {
    ...eachGradientMetric(total),
    gradientNorm: first?.gradientNorm ?? Number.NaN,
    parameterNorm: first?.parameterNorm ?? Number.NaN,
  };
}
