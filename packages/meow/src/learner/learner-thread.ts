// The entry of a learner's thread: holds one replica and does its part of each update.
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { parentPort, workerData } from 'node:worker_threads';

import { meowModel } from '../model.ts';
import { gradientExchange } from './exchange.ts';
import { eachBatchInput } from './memory.ts';
import type { ThreadCommand, ThreadReply, ThreadSetup } from './protocol.ts';
import { sharingReplica, wholeReplica } from './replica.ts';
import { eachState } from './states.ts';

const port = parentPort;
if (!port) throw new Error('learner-thread: it runs in a worker thread only. Use threadedLearner.');
const { sizes, config, seed, index, threads, shard, memory }: ThreadSetup = workerData;

const model = meowModel(sizes, config);
// Always one thread inside an operator: the replicas' results have to be the same to the bit.
const runtime = onnxRuntimeNode();
const replica =
  threads === 1
    ? await wholeReplica({ model, seed, runtime })
    : await sharingReplica({
        model,
        seed,
        runtime,
        rows: shard.rows,
        replicas: threads,
        exchange: gradientExchange(memory, index),
      });

const rowsOfShard = (values: Float32Array) => {
  const width = values.length / config.batchSize;
  return values.subarray(shard.start * width, (shard.start + shard.rows) * width);
};
const shared = eachBatchInput((name) => rowsOfShard(memory.batch[name]));
const inputs = eachBatchInput((name) => new Float32Array(shared[name].length));
const tdErrors = rowsOfShard(memory.tdErrors);
const dropoutOffsets = memory.offsets[index] ?? [];

const reply = (message: ThreadReply) => port.postMessage(message);

function answer(): void {
  Atomics.store(memory.answered, index, 1);
  Atomics.notify(memory.answered, index);
}

const commands: Readonly<Record<ThreadCommand, () => void | Promise<void>>> = {
  update: async () => {
    eachBatchInput((name) => inputs[name].set(shared[name]));
    const result = await replica.step({ ...inputs, dropoutOffsets });
    tdErrors.set(result.tdErrors);
    if (index === 0) memory.state.parameters.set(replica.state.readState('parameters'));
    reply({ type: 'updated', metrics: result.metrics });
  },
  read: () => {
    eachState((name) => memory.state[name].set(replica.state.readState(name)));
    answer();
  },
  write: () => {
    eachState((name) => replica.state.writeState(name, memory.state[name]));
    answer();
  },
  end: async () => {
    await replica.dispose();
    port.close();
  },
};

// A rejection that nobody handles ends the thread, and reaches the agent's thread as its error.
port.on('message', (command: ThreadCommand) => void commands[command]());
reply({ type: 'ready', offsets: replica.offsets });
