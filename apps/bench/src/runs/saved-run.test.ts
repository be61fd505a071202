import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

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

/** What `eval` says of a small run that has recorded other settings than it was trained with. */
const played = async (recorded: object, ...flags: readonly string[]) => {
  const run = path.join(await temporaryFolder(), 'run');
  const small = '--env Pendulum-v1 --steps 30 --warmup 20 --hidden 8 --shift-hidden 8 --batch-size 16';
  expect(await quietBench('train', ...small.split(' '), '--out', run)).toMatchObject({ code: 0 });
  const file = path.join(run, 'config.json');
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), ...recorded }));
  return quietBench('eval', run, '--episodes', '1', ...flags);
};

describe('a run is played in another environment without what it has recorded of its own', () => {
  it('without the simulator that evaluations of its training played in', async () => {
    const recorded = {
      env: 'gym:Pendulum-v1',
      environment: 'gym:Pendulum-v1',
      evaluationEnv: 'gym:Other-v0',
    };
    expect(await played(recorded, '--env', 'Pendulum-v1')).toMatchObject({ code: 0, err: '' });
  });

  it('without its time limit in a simulator in Python, which has its own, unless one is given', async () => {
    const python = path.join(await temporaryFolder(), 'python');
    await writeFile(python, '#!/bin/sh\necho "asked for: $*" >&2\nexit 1\n', { mode: 0o755 });
    const asked = async (recorded: object, ...flags: readonly string[]) =>
      (await played(recorded, '--env', 'gym:Pendulum-v1', '--python', python, ...flags)).err;
    expect(await asked({ maxSteps: 50 })).toMatch(/asked for: (?!.*--max-steps)/);
    expect(await asked({ maxSteps: 50 }, '--max-steps', '60')).toContain('--max-steps 60');
    const same = { env: 'gym:Pendulum-v1', environment: 'gym:Pendulum-v1', maxSteps: 50 };
    expect(await asked(same)).toContain('--max-steps 50');
  });

  it('without the bounds and the device of its simulator, unless they are given', async () => {
    const python = path.join(await temporaryFolder(), 'python');
    await writeFile(python, '#!/bin/sh\necho "asked for: $*" >&2\nexit 1\n', { mode: 0o755 });
    const recorded = { env: 'gym:Unbounded-v0', environment: 'gym:Unbounded-v0', actionBound: 2, python };
    const asked = async (...flags: readonly string[]) => (await played(recorded, ...flags)).err;
    expect(await asked()).toContain('--action-bound 2');
    expect(await asked('--env', 'gym:Pendulum-v1')).toMatch(/asked for: (?!.*--action-bound)/);
    expect(await asked('--env', 'gym:Pendulum-v1', '--action-bound', '3')).toContain('--action-bound 3');
  });
});
