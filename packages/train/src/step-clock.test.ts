import { afterEach, expect, it, vi } from 'vitest';

import { stepClock } from './step-clock.ts';

afterEach(() => vi.restoreAllMocks());

it('gives the steps per second since the last lap, finite where the clock has not moved', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
  const clock = stepClock({ seconds: 10, step: 100 });
  now.mockReturnValue(3000);
  expect(clock.lap(150)).toMatchObject({ seconds: 12, stepsPerSecond: 25 });
  expect(clock.lap(151)).toMatchObject({ seconds: 12, stepsPerSecond: 1e6 });
  expect(clock.lap(151)).toMatchObject({ seconds: 12, stepsPerSecond: 0 });
});
