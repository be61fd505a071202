import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, it } from 'vitest';

import { badEnvironment } from '../testing/bad-environment.ts';
import { bench } from '../testing/run-bench.ts';
import { outcomeOf } from '../testing/run-outcome.ts';
import { startBench } from '../testing/start-bench.ts';
import { killTrial, QUICK_TRIAL, writeSweep } from '../testing/sweep.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { parseSweep } from './definition.ts';
import { expandSweep, trialArguments } from './trial.ts';

// With more trials, and the sweep itself killed: sweep.slow.test.ts.
it('a trial that is killed goes on to the bits of one that was not, and one that fails is reported', async () => {
  const folder = await temporaryFolder();
  const sweep = {
    out: path.join(folder, 'sweep'),
    algorithms: ['meow'],
    settings: { ...QUICK_TRIAL, steps: 600 },
    groups: [
      { name: 'good', environments: ['MultiGoal-v0'], seeds: [3] },
      { name: 'bad', environments: [badEnvironment('reward')] },
    ],
  };
  const file = await writeSweep(folder, sweep);
  const [good, failing] = expandSweep(parseSweep(sweep, 'sweep', ''));
  if (!good || !failing) throw new Error('there are two trials');
  const swept = bench('sweep', file, '--cores', '2', '--retries', '1', '--json');
  await killTrial(good.folder);
  const { code, out, err } = await swept;
  expect(err).toContain(`meow-bench: ${good.name} failed (killed by SIGKILL); attempt 2 follows`);
  expect(err).toContain('1 of 2 trials failed. What they said is in trial.log in their folders');
  expect(code).toBe(1);
  const { trials } = JSON.parse(out);
  expect(trials).toMatchObject([
    { name: good.name, phase: 'finished', attempts: 2, step: 600, steps: 600 },
    {
      name: failing.name,
      phase: 'failed',
      attempts: 2,
      error: expect.stringContaining('step() gave NaN as reward'),
    },
  ]);
  // As a line that a shell takes.
  expect(await readFile(path.join(failing.folder, 'trial.log'), 'utf8')).toContain(
    ` meow-bench train --out ${failing.folder} --algo meow --env '${badEnvironment('reward')}' `,
  );

  const twin = { ...good, folder: path.join(folder, 'twin') };
  // In a process of its own, as the trial was.
  const undisturbed = await startBench(...trialArguments(twin, false)).ended;
  expect(undisturbed.code, undisturbed.err).toBe(0);
  expect(await outcomeOf(good.folder)).toEqual(await outcomeOf(twin.folder));

  // With the failing one left out, there is nothing to do any more.
  const [only] = sweep.groups;
  const again = await bench('sweep', await writeSweep(folder, { ...sweep, groups: [only] }), '--json');
  expect(JSON.parse(again.out).trials).toMatchObject([{ phase: 'finished', attempts: 0 }]);
  expect(again.code).toBe(0);
}, 600_000);

it('a trial whose folder can’t be made fails alone', async () => {
  const folder = await temporaryFolder();
  const sweep = {
    out: path.join(folder, 'sweep'),
    algorithms: ['meow'],
    environments: ['MultiGoal-v0'],
    seeds: 2,
    settings: { ...QUICK_TRIAL, steps: 150 },
  };
  const [first] = expandSweep(parseSweep(sweep, 'sweep', ''));
  if (!first) throw new Error('there are two trials');
  await mkdir(path.dirname(first.folder), { recursive: true });
  await writeFile(first.folder, '');
  const { code, out } = await bench('sweep', await writeSweep(folder, sweep), '--retries', '0', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(out).trials).toMatchObject([
    { phase: 'failed', attempts: 1, error: expect.stringContaining('EEXIST: file already exists, mkdir') },
    { phase: 'finished', attempts: 1 },
  ]);
});

it('says where fewer variants are different than are drawn', async () => {
  const folder = await temporaryFolder();
  const random = { trials: 10, settings: { 'agent.gamma': { choice: [0.9, 0.99] } } };
  const sweep = {
    out: path.join(folder, 'sweep'),
    algorithms: ['meow'],
    environments: ['MultiGoal-v0'],
    random,
  };
  const file = await writeSweep(folder, sweep);
  const { code, out, err } = await bench('sweep', file, '--dry-run', '--json');
  expect(code, err).toBe(0);
  expect(JSON.parse(out).trials).toHaveLength(2);
  expect(err).toBe(
    `meow-bench: ${file}: of the 10 variants that random draws 2 are different, and trained; the others are copies of these\n`,
  );
  const two = await writeSweep(folder, { ...sweep, random: { ...random, trials: 1 } });
  expect((await bench('sweep', two, '--dry-run', '--json')).err).toBe('');
});

it('names the file’s out where the folder can’t be written to', async () => {
  const folder = await temporaryFolder();
  const out = path.join(folder, 'taken');
  await writeFile(out, '');
  const file = await writeSweep(folder, { out, algorithms: ['meow'], environments: ['MultiGoal-v0'] });
  expect(await bench('sweep', file)).toMatchObject({
    code: 1,
    err: `meow-bench: can't write to ${out}: a file of that name is in the way. Give another folder with out in ${file}.\n`,
  });
});
