import { expect, it, onTestFinished, vi } from 'vitest';

import { patience } from './patience.ts';

it('patience counts what is waited, and not the time in which the process stood still', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const { begin, isOver } = patience(1000);
  const after = (milliseconds: number): boolean => {
    vi.advanceTimersByTime(milliseconds);
    return isOver();
  };
  begin();
  expect(after(100)).toBe(false);
  // An hour of Ctrl-Z counts as a quarter of a second.
  expect(after(3_600_000)).toBe(false);
  for (let waits = 0; waits < 12; waits += 1) expect(after(50)).toBe(false);
  expect(after(50)).toBe(true);
  begin();
  expect(after(999 / 4)).toBe(false);
});
