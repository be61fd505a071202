import { loadPolicy, type LoadPolicyOptions, type PolicySource } from '@meow-rl/export';
import type { Runtime } from '@meow-rl/graph';
import { createMeowAgent } from '@meow-rl/meow';

import { randomBatch } from '../../../../packages/learner/src/testing/random-batch.ts';

/** HalfCheetah's. */
const sizes = { observationSize: 17, actionSize: 6 };
const ACTIONS = 1000;
const UPDATES = 10;

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;

/** Microseconds of one action of a policy of HalfCheetah: the mean of many. */
export async function timeActions(source: PolicySource, options: LoadPolicyOptions): Promise<number> {
  const policy = await loadPolicy(source, options);
  const observation = new Float32Array(sizes.observationSize).fill(0.1);
  for (let i = 0; i < ACTIONS; i++) await policy.act(observation);
  const begun = performance.now();
  for (let i = 0; i < ACTIONS; i++) await policy.act(observation);
  const elapsed = performance.now() - begun;
  await policy.dispose();
  return (1000 * elapsed) / ACTIONS;
}

/** Milliseconds of one of MEow's updates with default settings on HalfCheetah's sizes: the median of some. */
export async function timeUpdates(runtime: Runtime): Promise<number> {
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
  return median(times);
}
