import { vectorEnv } from '@meow-rl/envs';
import { countingEnv } from '@meow-rl/envs/testing';
import { expect, it } from 'vitest';

import { transitionCollector } from './transition-collector.ts';

it('forgets ends of episodes where it goes back to a moment without, by restore or reset', async () => {
  const env = vectorEnv([countingEnv({ length: 2 }), countingEnv({ length: 3 })]);
  const collector = transitionCollector(env);
  const step = async () => [...(await collector.step(new Float32Array(2))).rows];
  await collector.reset(0);
  expect(await step()).toEqual([0, 1]);
  const [running, envRunning] = [collector.state(), env.state()];
  await step();
  const [ended, envEnded] = [collector.state(), env.state()];
  expect(ended.ended).toEqual([1, 0]);

  collector.restore(running);
  env.restore(envRunning);
  expect(collector.state()).toEqual(running);
  expect(await step()).toEqual([0, 1]);

  collector.restore(ended);
  env.restore(envEnded);
  expect(collector.state()).toEqual(ended);
  // Row 0 only resets.
  expect(await step()).toEqual([1]);

  collector.restore(ended);
  await collector.reset(0);
  expect(await step()).toEqual([0, 1]);
});
