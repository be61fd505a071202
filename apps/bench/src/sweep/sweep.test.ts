import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

import { bench, quietBench } from '../testing/run-bench.ts';
import { outcomeOf } from '../testing/run-outcome.ts';
import { killTrial, QUICK_TRIAL, writeSweep } from '../testing/sweep.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { parseSweep } from './definition.ts';
import { expandSweep, trialArguments } from './trial.ts';

const bad = fileURLToPath(new URL('../testing/bad-environments.ts', import.meta.url));

// With more trials, and the sweep itself killed: sweep.slow.test.ts.
it('a trial that is killed goes on to the bits of one that was not, and one that fails is reported', async () => {
  const folder = await temporaryFolder();
  const sweep = {
    out: path.join(folder, 'sweep'),
    algorithms: ['meow'],
    settings: { ...QUICK_TRIAL, steps: 600 },
    groups: [
      { name: 'good', environments: ['MultiGoal-v0'], seeds: [3] },
      { name: 'bad', environments: [`${bad}#reward`] },
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

  const twin = { ...good, folder: path.join(folder, 'twin') };
  expect((await quietBench(...trialArguments(twin, false))).code).toBe(0);
  expect(await outcomeOf(good.folder)).toEqual(await outcomeOf(twin.folder));

  // With the failing one left out, there is nothing to do any more; with more steps there is.
  const [only] = sweep.groups;
  const again = await bench('sweep', await writeSweep(folder, { ...sweep, groups: [only] }), '--json');
  expect(JSON.parse(again.out).trials).toMatchObject([{ phase: 'finished', attempts: 0 }]);
  expect(again.code).toBe(0);
}, 300_000);
