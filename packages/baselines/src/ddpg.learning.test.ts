import { expect, it } from 'vitest';

import { createDdpgAgent } from './create-agents.ts';
import { DETERMINISTIC_SWING_UP, swingUp } from './testing/swing-up.ts';

it('swings a pendulum up and holds it there', { timeout: 120_000 }, async () => {
  const { before, after } = await swingUp({
    create: createDdpgAgent,
    config: DETERMINISTIC_SWING_UP,
    steps: 6000,
  });
  expect(before).toBeLessThan(-800);
  expect(after).toBeGreaterThan(-200);
});
