import { expect, test } from 'vitest';

import { createMeasuredLearner } from './measured-learner.ts';
import { soak } from './soak.ts';

test('a soak makes its updates and accounts for their time', async () => {
  const measured = {
    algorithm: 'meow',
    observationSize: 2,
    actionSize: 2,
    batchSize: 8,
    threads: 1,
    seed: 0,
    engine: 'onnxruntime',
  } as const;
  const learner = await createMeasuredLearner(measured);
  const seen: number[] = [];
  const result = await soak(learner, 30, (done) => seen.push(done));
  await learner.agent.dispose();
  expect(seen).toHaveLength(30);
  expect(result.updates).toBe(30);
  expect(result.garbageCollectionShare).toBeGreaterThanOrEqual(0);
  expect(result.garbageCollectionShare).toBeLessThan(1);
  expect(Number.isFinite(result.residentGrowth) && Number.isFinite(result.heapGrowth)).toBe(true);
});
