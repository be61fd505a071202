import { describe, expect, it } from 'vitest';
import { createProgress, formatDuration, rateMeter } from './progress.ts';
import { captureIo } from '../testing/capture.ts';

function clock() {
  let time = 0;
  return { now: () => time, pass: (seconds: number) => void (time += 1000 * seconds) };
}

describe('progress', () => {
  it('prints a line every few seconds where there is no terminal, and one at the end', () => {
    const { now, pass } = clock();
    const io = captureIo();
    const progress = createProgress({ total: 1000, label: 'training', stream: io.stderr, now });
    for (let step = 100; step <= 1000; step += 100) {
      pass(1);
      progress.update(step, step > 400 ? -12.34 : undefined);
    }
    progress.stop();
    expect(io.err().split('\n')).toEqual([
      'training 500/1000 (50%), 100 steps/s, sampled return -12.3, 5s left',
      'training 1000/1000 (100%), 100 steps/s, sampled return -12.3',
      '',
    ]);
  });

  it('draws a bar on a terminal', () => {
    const io = captureIo({ isTTY: true });
    const { now, pass } = clock();
    const progress = createProgress({ total: 10, label: 'training', stream: io.stderr, now });
    pass(1);
    progress.update(5, 1);
    progress.stop();
    expect(io.err()).toContain(
      'training ████████████░░░░░░░░░░░░ 50% | 5/10 | 5.0 steps/s, sampled return 1.0, 1s left',
    );
  });
});

it('makes room on a terminal for what is printed between, and comes back below', () => {
  const io = captureIo({ isTTY: true });
  const progress = createProgress({ total: 10, label: 'training', stream: io.stderr });
  progress.clear();
  const cleared = io.err();
  io.stderr.write('warning\n');
  progress.update(5);
  const drawn = io.err().slice(cleared.length);
  progress.stop();
  // The cursor goes to the line's beginning, and that line is cleared.
  expect(cleared.endsWith('\u001B[1G\u001B[2K')).toBe(true);
  // Its place is saved anew behind the warning: at the end the bar goes back there and clears that line.
  expect(drawn.startsWith('warning\n\u001B7')).toBe(true);
  expect(drawn).toMatch(/training ████████████░+ 50% \| 5\/10/);
  const begun = io.err().length;
  progress.clear();
  progress.stop();
  expect(io.err()).toHaveLength(begun);
});

it('counts only what it sees of a run that is gone on with', () => {
  const { now, pass } = clock();
  const rate = rateMeter(now, 900_000);
  pass(5);
  expect(rate(900_500)).toBe(100);
  const io = captureIo();
  const progress = createProgress({ total: 1000, start: 900, label: 'training', stream: io.stderr, now });
  pass(10);
  progress.update(950);
  expect(io.err()).toBe('training 950/1000 (95%), 5.0 steps/s, 10s left\n');
});

it('says nothing of a rate that is not known yet or would be shown as 0, and counts in the unit that it is given', () => {
  const { now, pass } = clock();
  const io = captureIo();
  const progress = createProgress({ total: 4, label: 'playing', unit: 'runs', stream: io.stderr, now });
  pass(50);
  progress.update(1);
  pass(50);
  progress.update(2);
  pass(5);
  progress.update(4);
  expect(io.err().split('\n')).toEqual([
    'playing 1/4 (25%), 2m30s left',
    'playing 2/4 (50%), 1m40s left',
    'playing 4/4 (100%), 0.4 runs/s',
    '',
  ]);
  const blind = createProgress({ total: 2, label: 'timing', stream: io.stderr, now, linesEvery: 0 });
  blind.update(1);
  expect(io.err()).toMatch(/\ntiming 1\/2 \(50%\)\n$/);
});

it('rateMeter forgets what lies more than ten seconds back', () => {
  const { now, pass } = clock();
  const rate = rateMeter(now);
  pass(5);
  expect(rate(5000)).toBe(1000);
  for (let step = 5010; step <= 5200; step += 10) {
    pass(1);
    rate(step);
  }
  expect(rate(5200)).toBeCloseTo(10, 6);
});

it('formatDuration', () => {
  expect([12.4, 200, 3900].map(formatDuration)).toEqual(['12s', '3m20s', '1h05m']);
});
