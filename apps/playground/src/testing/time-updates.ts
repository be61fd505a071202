import type { Runtime } from '@meow-rl/graph';
import { createMeowAgent } from '@meow-rl/meow';

import { randomBatch } from '../../../../packages/learner/src/testing/random-batch.ts';

/** Milliseconds of MEow's updates with default settings on HalfCheetah's sizes, in order, after some that warm up. */
export async function timeUpdates(runtime: Runtime, updates: number): Promise<number[]> {
  const sizes = { observationSize: 17, actionSize: 6 };
  const agent = await createMeowAgent({ runtime, ...sizes, seed: 1 });
  const batch = randomBatch(1, agent.config.batchSize, sizes);
  for (let i = 0; i < 5; i++) await agent.update(batch);
  const times: number[] = [];
  for (let i = 0; i < updates; i++) {
    const begun = performance.now();
    await agent.update(batch);
    times.push(performance.now() - begun);
  }
  await agent.dispose();
  return times;
}
