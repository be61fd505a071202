import { expect, it } from 'vitest';

import { createDdpgAgent } from './create-agents.ts';
import { swingUp } from './testing/swing-up.ts';

it('swings a pendulum up and holds it there', { timeout: 120_000 }, async () => {
  const { before, after } = await swingUp({
    create: createDdpgAgent,
    // RL Zoo's discount and rates for this task; small networks, and targets that follow faster.
    config: {
      gamma: 0.98,
      tau: 0.01,
      hidden: [64, 64],
      batchSize: 64,
      policyLearningRate: 1e-3,
      qLearningRate: 1e-3,
    },
    steps: 6000,
  });
  expect(before).toBeLessThan(-800);
  expect(after).toBeGreaterThan(-200);
});
