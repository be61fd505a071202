import { expect, it } from 'vitest';

import { raceCsv, raceResults, reached, readRaceRun, usualReturns, type RaceRun } from './curves.ts';
import { writeRun } from '../testing/written-run.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const run = (contestant: string, seed: number, returns: readonly number[], secondsEach = 10): RaceRun => ({
  contestant,
  seed,
  versions: {},
  points: returns.map((value, i) => ({
    step: 100 * (i + 1),
    updates: 100 * i,
    seconds: secondsEach * (i + 1),
    return: value,
  })),
});

it('takes the time of evaluations off that of training', async () => {
  const folder = await temporaryFolder();
  // Each evaluation takes the second before it is over, so that training takes none.
  await writeRun(folder, { seed: 4, means: [1, 2, 3], settings: { versions: { node: '20' } } });
  const trial = {
    name: 'x',
    folder,
    algorithm: 'sac',
    environment: 'Task-v0',
    settings: { seed: 4 },
    cores: 1,
    steps: 300,
  };
  const { points, versions, seed } = await readRaceRun(trial);
  expect(points.map(({ step, seconds, return: mean }) => [step, seconds, mean])).toEqual([
    [100, 0, 1],
    [200, 0, 2],
    [300, 0, 3],
  ]);
  expect([versions, seed]).toEqual([{ node: '20' }, 4]);
});

it('averages seeds where all have been, and measures rates after the first updates', () => {
  const [first, second] = raceResults([
    run('a', 0, [0, 10, 20, 30]),
    run('b', 0, [5], 1),
    run('a', 1, [2, 14, 30], 20),
  ]);
  expect(first).toMatchObject({ contestant: 'a', seeds: [0, 1] });
  expect(first?.points).toEqual([
    { step: 100, updates: 0, seconds: 15, return: 1 },
    { step: 200, updates: 100, seconds: 30, return: 12 },
    { step: 300, updates: 200, seconds: 45, return: 25 },
  ]);
  expect(first?.stepsPerSecond).toBeCloseTo(100 / 15, 12);
  expect(second?.stepsPerSecond).toBeUndefined();
});

it('says when a return was reached, and which are of interest', () => {
  const results = raceResults([run('a', 0, [-50, 10, 400, 350]), run('b', 0, [-100, 0, 200, 1000])]);
  const [a, b] = results;
  if (!a || !b) throw new Error('there are two');
  expect([reached(a, 350)?.seconds, reached(b, 350)?.step, reached(a, 401)]).toEqual([30, 400, undefined]);
  // Of -50, with which the best begins, to 1000.
  expect(usualReturns(results)).toEqual([210, 480, 740]);
  expect(usualReturns(raceResults([run('a', 0, [3, 2, 1])]))).toEqual([]);
});

it('writes all evaluations as CSV', () => {
  expect(raceCsv([run('a', 2, [1.5], 0.25)])).toBe(
    'contestant,seed,step,updates,seconds,return\na,2,100,0,0.250,1.5\n',
  );
});
