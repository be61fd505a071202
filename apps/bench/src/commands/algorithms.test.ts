import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { algorithmNamed } from '../algorithms/index.ts';
import { quietBench } from '../testing/run-bench.ts';
import { outcomeOf } from '../testing/run-outcome.ts';

const TINY =
  '--env MultiGoal-v0 --seed 3 --steps 240 --warmup 40 --hidden 8 --batch-size 16 --evaluate-every 120 ' +
  '--evaluation-episodes 2 --log-every 40 --checkpoint-every 60';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-algorithms-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = () => path.join(folder, 'run');
const trainTiny = (out: string, ...flags: readonly string[]) =>
  quietBench('train', '--algo', 'sac', ...TINY.split(' '), ...flags, '--out', out);

const jsonOf = async (file: string) => JSON.parse(await readFile(file, 'utf8'));

describe('a run of another algorithm than the default one', () => {
  beforeAll(async () => {
    expect(await trainTiny(run())).toMatchObject({ code: 0, err: '' });
  });

  it('keeps its settings, and can be trained again from them', async () => {
    const config = await jsonOf(path.join(run(), 'config.json'));
    expect(config).toMatchObject({
      algo: 'sac',
      preset: 'general',
      steps: 240,
      updatesPerStep: 1,
      bufferSize: 1_000_000,
      agent: { hidden: [8], batchSize: 16, gamma: 0.99, qLearningRate: 1e-3, tuneTemperature: true },
    });
    expect(await jsonOf(path.join(run(), 'summary.json'))).toMatchObject({ algorithm: 'sac', updates: 200 });
    const again = path.join(folder, 'again');
    const flags = ['--config', path.join(run(), 'config.json'), '--out', again];
    expect(await quietBench('train', ...flags)).toMatchObject({ code: 0, err: '' });
    expect(await outcomeOf(again)).toEqual(await outcomeOf(run()));
  });

  it('is played and exported', async () => {
    const played = await quietBench('eval', run(), '--episodes', '1', '--json');
    expect(played).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(played.out)).toMatchObject({ step: 240, environment: 'MultiGoal-v0' });
    const exported = await quietBench('export', run(), '--out', path.join(folder, 'policy'), '--json');
    expect(exported).toMatchObject({ code: 0, err: '' });
    const { files } = JSON.parse(exported.out);
    expect(files.map(({ kind }: { kind: string }) => kind)).toEqual(['policy', 'stochastic', 'critic']);
    for (const { maxError } of files) expect(maxError).toBeLessThan(1e-4);
  });

  it('goes on from a checkpoint to the same bits', async () => {
    const copy = path.join(folder, 'resumed');
    expect(await trainTiny(copy)).toMatchObject({ code: 0, err: '' });
    expect((await quietBench('train', '--resume', copy, '--from', '120')).code).toBe(0);
    expect(await outcomeOf(copy)).toEqual(await outcomeOf(run()));
  });

  it('refuses settings of another algorithm on resume, and those that it can’t change', async () => {
    expect(await quietBench('train', '--resume', run(), '--couplings', '1')).toMatchObject({
      code: 2,
      err: 'meow-bench: --couplings is a setting of meow, not of sac. Leave it out.\n',
    });
    expect(await quietBench('train', '--resume', run(), '--q-learning-rate', '1')).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        `qLearningRate can't change on resume: ${run()} was trained with 0.001 so far, and 1 was given`,
      ),
    });
  });
});

it('a policy that no target follows has no average', async () => {
  expect(await trainTiny(path.join(folder, 'averaged'), '--policy', 'averaged')).toEqual({
    code: 2,
    out: '',
    err: 'meow-bench: sac has no averaged policy: none of its targets follows the policy. Take the parameters of the last update with --policy last.\n',
  });
});

it('a switch that is on by default is turned off by its flag', async () => {
  const off = path.join(folder, 'fixed');
  expect(await trainTiny(off, '--tune-temperature', 'false')).toMatchObject({ code: 0, err: '' });
  expect(await jsonOf(path.join(off, 'config.json'))).toMatchObject({ agent: { tuneTemperature: false } });
  const { code, err } = await trainTiny(path.join(folder, 'maybe'), '--tune-temperature', 'maybe');
  expect(code).toBe(2);
  expect(err).toContain('--tune-temperature can\'t be "maybe". Give true or false (');
});

it('presets are those of the algorithm', async () => {
  expect((await trainTiny(path.join(folder, 'preset'), '--preset', 'hopper')).err).toBe(
    `meow-bench: there is no preset hopper. Known: ${Object.keys(algorithmNamed('sac').presets).join(', ')}.\n`,
  );
});

it('settings that contradict each other are named without the algorithm', async () => {
  const file = path.join(folder, 'settings.yaml');
  await writeFile(file, 'agent: { logStdMin: 3 }\n');
  expect((await trainTiny(path.join(folder, 'bounds'), '--config', file)).err).toBe(
    'meow-bench: logStdMin must be less than logStdMax, got 3 and 2. Change it in the flags or the file.\n',
  );
});
