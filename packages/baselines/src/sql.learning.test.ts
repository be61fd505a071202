import { expect, it } from 'vitest';

import { createSqlAgent } from './create-agents.ts';
import { swingUp } from './testing/swing-up.ts';

it('swings a pendulum up and holds it there', { timeout: 120_000 }, async () => {
  const { before, after } = await swingUp({
    create: createSqlAgent,
    // Small networks, which learn this task in a quarter of the time.
    config: { hidden: [64, 64], batchSize: 64, learningRate: 1e-3 },
    steps: 6000,
  });
  expect(before).toBeLessThan(-800);
  expect(after).toBeGreaterThan(-200);
});
