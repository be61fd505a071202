import { loadPolicy, type LoadPolicyOptions, type PolicySource } from '@meow-rl/export';
import type { Runtime } from '@meow-rl/graph';
import { createMeowAgent } from '@meow-rl/meow';

import { randomBatch } from '../../../../packages/learner/src/testing/random-batch.ts';

/** HalfCheetah's. */
const sizes = { observationSize: 17, actionSize: 6 };
/** So few that other programs rarely come in between. */
const BURST = 20;
const BURSTS = 100;
const UPDATES = 20;

/** Microseconds of one action of a policy of HalfCheetah, the mean of each burst. */
export async function timeActions(source: PolicySource, options: LoadPolicyOptions): Promise<number[]> {
  const policy = await loadPolicy(source, options);
  const observation = new Float32Array(sizes.observationSize).fill(0.1);
  const burst = async () => {
    const begun = performance.now();
    for (let i = 0; i < BURST; i++) await policy.act(observation);
    return (1000 * (performance.now() - begun)) / BURST;
  };
  for (let i = 0; i < BURSTS / 2; i++) await burst();
  const times: number[] = [];
  for (let i = 0; i < BURSTS; i++) times.push(await burst());
  await policy.dispose();
  return times;
}

/** Milliseconds of each of some of MEow's updates with default settings on HalfCheetah's sizes. */
export async function timeUpdates(runtime: Runtime): Promise<number[]> {
  const agent = await createMeowAgent({ runtime, ...sizes, seed: 1 });
  const batch = randomBatch(1, agent.config.batchSize, sizes);
  for (let i = 0; i < 3; i++) await agent.update(batch);
  const times: number[] = [];
  for (let i = 0; i < UPDATES; i++) {
    const begun = performance.now();
    await agent.update(batch);
    times.push(performance.now() - begun);
  }
  await agent.dispose();
  return times;
}
