import { expect, test } from 'vitest';

import { createMeasuredAgent, randomBatch } from './measured-agent.ts';
import { soak } from './soak.ts';

test('a soak makes its updates and accounts for their time', async () => {
  const measured = {
    algorithm: 'meow',
    observationSize: 2,
    actionSize: 2,
    batchSize: 8,
    threads: 1,
    seed: 0,
  } as const;
  const agent = await createMeasuredAgent(measured);
  const seen: number[] = [];
  const result = await soak(agent, randomBatch(measured), 30, (done) => seen.push(done));
  await agent.dispose();
  expect(seen).toHaveLength(30);
  expect(result.updates).toBe(30);
  expect(result.garbageCollectionShare).toBeGreaterThanOrEqual(0);
  expect(result.garbageCollectionShare).toBeLessThan(1);
  expect(Number.isFinite(result.residentGrowth) && Number.isFinite(result.heapGrowth)).toBe(true);
});
