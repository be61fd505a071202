import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';

import { stepClock } from './step-clock.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

it('measures from the beginning, and speed and updates from lap to lap', () => {
  const clock = stepClock();
  vi.advanceTimersByTime(2000);
  clock.countUpdate(30);
  clock.countUpdate(50);
  expect(clock.lap(100)).toMatchObject({ seconds: 2, stepsPerSecond: 50, updateMilliseconds: 40 });
  vi.advanceTimersByTime(500);
  expect(clock.seconds()).toBe(2.5);
  const lap = clock.lap(110);
  expect(lap).toMatchObject({ seconds: 2.5, stepsPerSecond: 20 });
  expect(lap).not.toHaveProperty('updateMilliseconds');
});

it('goes on from where a resumed run stood, with the speed of this sitting', () => {
  const clock = stepClock({ seconds: 3600, step: 1000 });
  expect(clock.seconds()).toBe(3600);
  vi.advanceTimersByTime(4000);
  expect(clock.lap(1100)).toMatchObject({ seconds: 3604, stepsPerSecond: 25 });
});

it('gives a finite speed where the clock has not moved', () => {
  const clock = stepClock();
  expect(clock.lap(1)).toMatchObject({ seconds: 0, stepsPerSecond: 1e6 });
  expect(clock.lap(1)).toMatchObject({ seconds: 0, stepsPerSecond: 0 });
});

it('tells memory where the platform does, and nothing where bundlers put something else in the place of process', () => {
  expect(stepClock().lap(1).memoryMebibytes).toBeGreaterThan(1);
  onTestFinished(() => void vi.unstubAllGlobals());
  vi.stubGlobal('process', { env: {} });
  expect(stepClock().lap(1)).not.toHaveProperty('memoryMebibytes');
});
