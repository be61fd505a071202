import { isMainThread } from 'node:worker_threads';

import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';

import { createAgent } from '../agent.ts';
import { threadedUpdates } from '../threads/threaded-updates.ts';
import { deterministicActorCritic } from './deterministic-actor-critic.ts';

/* A script that makes an agent of a definition of its own, and prints what comes of it: its threads import the script. */

export const definition = { ...deterministicActorCritic, name: 'in-script', module: import.meta.url };

try {
  await createAgent(definition, {
    runtime: onnxRuntimeNode(),
    observationSize: 3,
    actionSize: 2,
    updates: threadedUpdates({ threads: 2 }),
  });
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  // A thread is to end of it.
  if (!isMainThread) throw error;
}
