import path from 'node:path';

import { expect, it } from 'vitest';

import { badEnvironment } from '../testing/bad-environment.ts';
import { isRunning } from '../testing/is-running.ts';
import { bench } from '../testing/run-bench.ts';
import { outcomeOf } from '../testing/run-outcome.ts';
import { startBench } from '../testing/start-bench.ts';
import { killTrial, pidOf, QUICK_TRIAL, writeSweep } from '../testing/sweep.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { parseSweep } from './definition.ts';
import { expandSweep } from './trial.ts';
import { readTrialState } from './trial-state.ts';

const STEPS = 600;
const good = {
  algorithms: ['meow'],
  environments: ['MultiGoal-v0'],
  seeds: 11,
  settings: { ...QUICK_TRIAL, steps: STEPS },
};
const trialsIn = (out: string) => expandSweep(parseSweep({ ...good, out }, 'sweep', ''));

it('of 12 trials three are killed, one fails and the sweep is killed: 11 end with the bits of undisturbed ones', async () => {
  const folder = await temporaryFolder();
  const [disturbed, calm] = ['disturbed', 'calm'].map((name) => path.join(folder, name));
  if (!disturbed || !calm) throw new Error('there are two folders');
  const whole = await bench(
    'sweep',
    await writeSweep(folder, { ...good, out: calm }, 'calm.yaml'),
    '--quiet',
  );
  expect(whole.code, whole.err).toBe(0);

  const file = await writeSweep(folder, {
    ...good,
    out: disturbed,
    groups: [{}, { environments: [badEnvironment('reward')], seeds: 1 }],
  });
  const [first, second, third, fourth] = trialsIn(disturbed);
  if (!first || !second || !third || !fourth) throw new Error('there are 11 trials');

  const sweep = startBench('sweep', file, '--cores', '2');
  await killTrial(first.folder);
  await killTrial(second.folder);
  // The trials of a sweep that is killed save and end.
  await sweep.until(async () => (await readTrialState(fourth, STEPS)).step > 50);
  const orphan = await pidOf(fourth.folder);
  sweep.child.kill('SIGKILL');
  expect((await sweep.ended).signal).toBe('SIGKILL');
  await expect.poll(() => isRunning(orphan), { timeout: 60_000 }).toBe(false);
  expect((await readTrialState(fourth, STEPS)).phase).toBe('begun');

  const continued = bench('sweep', file, '--cores', '2', '--retries', '1', '--json');
  const last = trialsIn(disturbed).at(-1);
  if (last) await killTrial(last.folder);
  const { code, out, err } = await continued;
  expect(code, err).toBe(1);
  const { trials } = JSON.parse(out);
  expect(trials).toHaveLength(12);
  expect(trials.slice(0, 11).map(({ phase }: { phase: string }) => phase)).toEqual(
    Array(11).fill('finished'),
  );
  expect(trials[10]).toMatchObject({ attempts: 2 });
  expect(trials[11]).toMatchObject({
    phase: 'failed',
    attempts: 2,
    error: expect.stringContaining('step() gave NaN as reward'),
  });
  const undisturbed = trialsIn(calm);
  for (const [index, trial] of trialsIn(disturbed).entries())
    expect(await outcomeOf(trial.folder), trial.name).toEqual(
      await outcomeOf(undisturbed[index]?.folder ?? ''),
    );
});

it('a sweep that is interrupted has its trials save, and says how to go on', async () => {
  const folder = await temporaryFolder();
  const out = path.join(folder, 'sweep');
  const file = await writeSweep(folder, { ...good, seeds: 2, out });
  const [trial] = trialsIn(out);
  if (!trial) throw new Error('there is a trial');
  const sweep = startBench('sweep', file, '--cores', '1');
  await sweep.until(async () => (await readTrialState(trial, STEPS)).step > 50);
  sweep.child.kill('SIGINT');
  const { code, err } = await sweep.ended;
  expect(code).toBe(130);
  expect(err).toContain('stopped, 2 trials: 1 stopped, 1 waiting, saved. Go on with the same command.');
  expect((await readTrialState(trial, STEPS)).phase).toBe('begun');
});
