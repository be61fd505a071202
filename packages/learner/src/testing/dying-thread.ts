import { onnxRuntimeFused } from '@meow-rl/onnxruntime-fused';

import { createAgent } from '../agent.ts';
import { threadedUpdates } from '../threads/threaded-updates.ts';
import { deterministicActorCritic } from './deterministic-actor-critic.ts';
import { failingDraw } from './failing-draw.ts';
import { randomBatch } from './random-batch.ts';

/*
 * A process whose second learner thread ends in its second update, and that prints what the update says of it. Nothing but the
 * update keeps the process alive.
 */

const sizes = { observationSize: 3, actionSize: 2 };
const agent = await createAgent(deterministicActorCritic, {
  runtime: onnxRuntimeFused(),
  ...sizes,
  updates: failingDraw(4, threadedUpdates({ threads: 2 })),
  config: { dropout: 0.25 },
});
const batch = randomBatch(1, agent.config.batchSize, sizes);
await agent.update(batch);
try {
  await agent.update(batch);
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
}
await agent.dispose();
