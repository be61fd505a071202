import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { quietBench } from '../testing/run-bench.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const TINY =
  '--algo sql --env Hopper-v5 --max-steps 40 --seed 3 --steps 200 --warmup 60 --hidden 8 --batch-size 8 ' +
  '--value-particles 3 --fixed-particles 3 --updated-particles 2 --candidates 3 ' +
  '--evaluate-every 100 --evaluation-episodes 2 --log-every 40';

const train = (out: string, ...flags: readonly string[]) =>
  quietBench('train', ...TINY.split(' '), ...flags, '--out', out);
const ONE = ['--episodes', '1', '--seed', '3', '--json'];
const jsonOf = async (file: string) => JSON.parse(await readFile(file, 'utf8'));

describe('a run of SQL', () => {
  let folder = '';
  let run = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'meow-sql-'));
    run = path.join(folder, 'run');
    expect(await train(run)).toMatchObject({ code: 0, err: '' });
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has the preset of its task, and logs what its losses are made of', async () => {
    expect(await jsonOf(path.join(run, 'config.json'))).toMatchObject({
      algo: 'sql',
      preset: 'hopper',
      agent: { rewardScale: 30, alpha: 1, learningRate: 3e-4, tau: 0.005, hidden: [8] },
    });
    const summary = await jsonOf(path.join(run, 'summary.json'));
    expect(summary).toMatchObject({ algorithm: 'sql', updates: 140 });
    const lines = (await readFile(path.join(run, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    const logged = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'metrics');
    const { update } = logged.at(-1) ?? {};
    for (const name of ['criticLoss', 'meanNextValue', 'samplerLoss', 'bandwidth'])
      expect(update, name).toHaveProperty(name, expect.any(Number));
  });

  it('is played, exported and rendered', async () => {
    const played = await quietBench('eval', run, ...ONE);
    expect(played).toMatchObject({ code: 0, err: '' });
    const sampled = await quietBench('eval', run, ...ONE, '--stochastic');
    expect(JSON.parse(sampled.out).returns).not.toEqual(JSON.parse(played.out).returns);

    const exported = await quietBench('export', run, '--json');
    expect(exported).toMatchObject({ code: 0, err: '' });
    const { files, ...about } = JSON.parse(exported.out);
    expect(about).not.toHaveProperty('missing');
    // The sampler has no density.
    expect(files.map(({ outputs }: { outputs: string[] }) => outputs)).toEqual([
      ['action'],
      ['action'],
      ['q1'],
    ]);
    for (const { maxError } of files) expect(maxError).toBeLessThan(1e-4);
    const policy = path.join(run, 'policy', 'policy.onnx');
    const ofFile = await quietBench('eval', policy, ...ONE, '--max-steps', '40');
    expect(JSON.parse(ofFile.out).returns[0]).toBeCloseTo(JSON.parse(played.out).returns[0], 2);

    const page = await quietBench('render', run, '--seed', '3');
    expect(page).toMatchObject({ code: 0, err: '' });
    expect(page.out).toContain(`Open ${path.join(run, 'replay.html')} in a browser.`);
  });

  it('is finished also where its policy could not be written, which can be done later', async () => {
    const blocked = path.join(folder, 'blocked');
    const policy = path.join(blocked, 'policy');
    const summary = path.join(blocked, 'summary.json');
    await cp(run, blocked, { recursive: true });
    await rm(policy, { recursive: true });
    await rm(summary);
    await writeFile(policy, 'in the way');
    const failed = await quietBench('train', '--resume', blocked);
    expect(failed.code).toBe(1);
    expect(failed.err).toContain(`${blocked} is trained and saved, but ${policy} could not be written: `);
    expect(failed.err).toContain(`meow-bench eval ${blocked}`);
    const finished = await jsonOf(summary);
    expect(finished).toMatchObject({ algorithm: 'sql', aborted: false, steps: 200, updates: 140 });
    expect(finished).not.toHaveProperty('verifyMaxError');
    await rm(policy);
    expect(await quietBench('train', '--resume', blocked)).toMatchObject({ code: 0 });
    expect(await jsonOf(summary)).toHaveProperty('verifyMaxError', expect.any(Number));
  });

  it('trains with threads that share batches, in a pipeline', async () => {
    const threads = path.join(folder, 'threads');
    const flags = ['--learner-threads', '2', '--pipeline', '--steps', '100'];
    expect(await train(threads, ...flags)).toMatchObject({ code: 0, err: '' });
  });
});

it('has no average, and refuses a single fixed particle', async () => {
  const folder = await temporaryFolder();
  expect((await train(path.join(folder, 'averaged'), '--policy', 'averaged')).err).toContain(
    'sql has no averaged policy',
  );
  expect((await train(path.join(folder, 'one'), '--fixed-particles', '1')).err).toContain(
    '--fixed-particles can\'t be "1". Give a whole number from 2 to 256',
  );
});
