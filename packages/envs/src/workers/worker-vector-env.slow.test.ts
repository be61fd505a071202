import { expect, it } from 'vitest';

import { workerVectorEnv } from './worker-vector-env.ts';

it('takes each of tens of thousands of quick steps once', async () => {
  const STEPS = 40_000;
  // No multiple of the registry's own limit of 5 steps.
  const maxSteps = 203;
  const env = await workerVectorEnv({
    module: new URL('../testing/worker-registry.ts', import.meta.url),
    id: 'MultiGoal-v0',
    numEnvs: 2,
    workers: 2,
    autoresetMode: 'same-step',
    maxSteps,
  });
  await env.reset({ seed: 0 });
  const truncatedAt: number[] = [];
  for (let i = 1; i <= STEPS; i += 1) {
    const { truncated } = await env.step(new Float64Array(4));
    expect(truncated[1]).toBe(truncated[0]);
    if (truncated[0] === 1) truncatedAt.push(i);
  }
  // Without actions nothing reaches a goal: every episode is as long as the limit.
  expect(truncatedAt).toEqual(
    Array.from({ length: Math.floor(STEPS / maxSteps) }, (_, i) => (i + 1) * maxSteps),
  );
  await env.close();
});
