import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { listCheckpoints } from '@meow-rl/train/node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

import { outcomeOf } from '../testing/run-outcome.ts';
import { startBench } from '../testing/start-bench.ts';
import { quietBench } from '../testing/run-bench.ts';

let folder = '';
const at = (...parts: readonly string[]) => path.join(folder, ...parts);

const FLAGS = (
  '--env MultiGoal-v0 --steps 400 --warmup 50 --hidden 8,8 --shift-hidden 8 --couplings 1 --batch-size 16 --log-every 40 ' +
  '--evaluation-episodes 2 --evaluate-every 100'
).split(' ');

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-two-'));
  expect(await quietBench('train', ...FLAGS, '--out', at('whole'))).toMatchObject({ code: 0, err: '' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Starts the same run in a process, and stops that by a signal once the first checkpoint is there. */
async function startUntilCheckpoint(run: string, signal: NodeJS.Signals) {
  const { child, ended } = startBench('train', ...FLAGS, '--out', run);
  onTestFinished(() => void child.kill('SIGKILL'));
  await vi.waitUntil(async () => (await listCheckpoints(path.join(run, 'checkpoints'))).length > 0, {
    timeout: 30_000,
    interval: 5,
  });
  child.kill(signal);
  return { child, ended };
}

/** The names of a run's files with the contents of those that a second process could spoil. */
async function contentsOf(run: string) {
  const names = await readdir(run, { recursive: true });
  return { names: names.toSorted(), log: await readFile(path.join(run, 'metrics.jsonl'), 'utf8') };
}

// Windows can't hold a process.
describe.skipIf(process.platform === 'win32')('a run that is still trained', () => {
  it('is refused to every command that writes, and ends as if they had not been', async () => {
    const run = at('living');
    // Held, not slowed: it is sure to be in the middle of training while the others try.
    const { child, ended } = await startUntilCheckpoint(run, 'SIGSTOP');
    const before = await contentsOf(run);
    expect(before.names).toContain('run.lock');
    for (const argv of [
      ['train', '--resume', run],
      ['train', '--resume', run, '--from', '100'],
      ['train', ...FLAGS, '--out', run],
      ['train', ...FLAGS, '--out', run, '--force'],
      ['demo', '--out', run],
      ['demo', '--out', run, '--force'],
    ]) {
      const { code, err } = await quietBench(...argv);
      expect(err).toMatch(
        new RegExp(
          `^meow-bench: folder ${run} is in use: process ${child.pid} took it \\d+ seconds? ago and still runs\\. ` +
            `Wait until it has ended or end it \\(kill ${child.pid}\\), or take another folder\\..*\n$`,
        ),
      );
      expect(code).toBe(1);
    }
    expect(await contentsOf(run)).toEqual(before);
    expect(await quietBench('eval', run, '--episodes', '1')).toMatchObject({ code: 0, err: '' });
    expect(await quietBench('export', run, '--out', at('policy'))).toMatchObject({ code: 0, err: '' });
    expect((await quietBench('compare', run)).code).toBe(0);
    child.kill('SIGCONT');
    expect(await ended).toMatchObject({ code: 0, err: '' });
    expect(await outcomeOf(run)).toEqual(await outcomeOf(at('whole')));
    expect(await readdir(run)).not.toContain('run.lock');
  });
});

it('a run that was killed is gone on with', async () => {
  const run = at('killed');
  const { ended } = await startUntilCheckpoint(run, 'SIGKILL');
  await ended;
  expect(await readdir(run)).toContain('run.lock');
  expect(await quietBench('train', '--resume', run)).toMatchObject({ code: 0, err: '' });
  expect(await outcomeOf(run)).toEqual(await outcomeOf(at('whole')));
  expect(await readdir(run)).not.toContain('run.lock');
});

it('a run that failed lets its folder go', async () => {
  const { code, err } = await quietBench(
    'train',
    ...FLAGS,
    '--learning-rate',
    '1e10',
    '--out',
    at('diverged'),
  );
  expect(code, err).toBe(1);
  const names = await readdir(at('diverged'));
  expect(names).toContain('config.json');
  expect(names).not.toContain('run.lock');
});
