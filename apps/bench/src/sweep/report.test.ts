import { expect, it } from 'vitest';

import { sweepSummary, sweepTable, type TrialReport } from './report.ts';

const trial = (changes: Partial<TrialReport>): TrialReport => ({
  name: 'a',
  folder: 'a',
  algorithm: 'meow',
  environment: 'Hopper-v5',
  phase: 'waiting',
  attempts: 0,
  step: 0,
  steps: 1000,
  ...changes,
});

it('a table has what runs first, then what failed, and what is finished last', () => {
  const table = sweepTable([
    trial({
      name: 'a',
      phase: 'finished',
      step: 1000,
      deterministicReturn: 12.34,
      sampledReturn: 5,
      trainingReturn: 3,
      attempts: 1,
    }),
    trial({ name: 'b', phase: 'failed', attempts: 3, step: 30 }),
    trial({ name: 'c', phase: 'running', attempts: 2, step: 400, stepsPerSecond: 5, trainingReturn: -1 }),
    trial({ name: 'd' }),
  ]);
  expect(table).toBe(
    `
trial  state                step       deterministic  sampled  training  steps/s  left
c      running (attempt 2)  400/1000                           -1.0      5.0      2m00s
b      failed (attempt 3)   30/1000
d      waiting              0/1000
a      finished             1000/1000  12.3           5.0      3.0`.trimStart(),
  );
});

it('what is left goes by the rates of trials of the same kind, shared among those that run', () => {
  const running = trial({ phase: 'running', step: 400, stepsPerSecond: 6, seconds: 100 });
  // The end was slow, as of one that was paused: what counts is all of its training.
  const finished = trial({ phase: 'finished', step: 1000, stepsPerSecond: 0.01, seconds: 250 });
  expect(sweepSummary([running])).toBe('1 trial: 1 running, 1m40s left');
  // 100 s, and 1000 steps at (400 + 1000) / 350 = 4 a second.
  expect(sweepSummary([running, trial({}), finished])).toBe(
    '3 trials: 1 running, 1 waiting, 1 finished, 5m50s left',
  );
  // Two at a time: 100 s, 100 s and 1000 / 4 s.
  expect(sweepSummary([running, running, trial({})])).toBe('3 trials: 2 running, 1 waiting, 4m10s left');
  // The rate of another environment is better than none, that of another algorithm isn't.
  expect(sweepSummary([running, trial({ environment: 'Ant-v5' })])).toBe(
    '2 trials: 1 running, 1 waiting, 5m50s left',
  );
  expect(sweepSummary([running, trial({ algorithm: 'sac' })])).toBe('2 trials: 1 running, 1 waiting');
});
