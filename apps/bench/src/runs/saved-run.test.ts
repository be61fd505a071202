import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, it } from 'vitest';

import { quietBench } from '../testing/run-bench.ts';
import { outcomeOf } from '../testing/run-outcome.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { readRunSettings } from './saved-run.ts';

/** Some of what a run recorded when threads had to be asked for. */
const FORMER = {
  command: 'train',
  versions: { 'meow-bench': '0.1.0' },
  algo: 'meow',
  env: 'HalfCheetah-v5',
  preset: 'half-cheetah',
  seed: 0,
  steps: 20_000,
  learnerThreads: 0,
  workers: 0,
  pipeline: false,
  threads: 1,
  fused: true,
  agent: { batchSize: 8192 },
};

const { learnerThreads: _, workers: __, ...BEFORE_THREADS } = FORMER;

const OFF = { parallel: 'off', learnerThreads: 0, workers: 0 };

it.each<[string, object, object]>([
  ['on one thread where it is older than parallel', FORMER, OFF],
  ['also where it is older than threads', BEFORE_THREADS, OFF],
  ['on those that it asked for', { ...FORMER, learnerThreads: 3 }, { parallel: 'off', learnerThreads: 3 }],
  [
    'in a pipeline that it asked for',
    { ...FORMER, learnerThreads: 1, pipeline: true },
    { parallel: 'off', learnerThreads: 1, pipeline: true },
  ],
  [
    'on the threads of auto, whatever the cores',
    { ...FORMER, parallel: 'auto', learnerThreads: 64 },
    { parallel: 'auto', learnerThreads: 64 },
  ],
  [
    'with the lines of its log as far apart as they were',
    { ...FORMER, numEnvs: 4, logEvery: 100 },
    { logEvery: 100 },
  ],
])('a recorded run goes on %s', async (___, config, expected) => {
  const run = path.join(await temporaryFolder(), 'run');
  await mkdir(run);
  await writeFile(path.join(run, 'config.json'), JSON.stringify(config));
  expect(await readRunSettings(run)).toMatchObject(expected);
});

it('a run from before parallel goes on to the bits that it would have had', async () => {
  const folder = await temporaryFolder();
  const [whole, former] = [path.join(folder, 'whole'), path.join(folder, 'former')];
  const sizes = '--hidden 8,8 --shift-hidden 8 --couplings 1 --batch-size 256';
  const flags = `--steps 60 --warmup 20 --evaluate-every 30 --evaluation-episodes 1 --parallel off ${sizes}`;
  const trained = await quietBench('train', ...flags.split(' '), '--out', whole);
  expect(trained, trained.err).toMatchObject({ code: 0 });
  await cp(whole, former, { recursive: true });
  const file = path.join(former, 'config.json');
  const { parallel, learnerThreads, workers, ...config } = JSON.parse(await readFile(file, 'utf8'));
  expect({ parallel, learnerThreads, workers }).toEqual(OFF);
  await writeFile(file, JSON.stringify(config));
  expect(await quietBench('train', '--resume', former, '--from', '30')).toMatchObject({ code: 0 });
  expect(await outcomeOf(former)).toEqual(await outcomeOf(whole));
});
