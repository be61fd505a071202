import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { whyUnavailable } from '@meow-rl/onnxruntime-fused';
import { listCheckpoints } from '@meow-rl/train/node';
import { expect, it, onTestFinished } from 'vitest';

import { outcomeOf } from '../testing/run-outcome.ts';
import { seenCores } from '../testing/seen-cores.ts';
import { startNode } from '../testing/start-bench.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const configOf = async (run: string) => JSON.parse(await readFile(path.join(run, 'config.json'), 'utf8'));

const newestCheckpoint = async (run: string): Promise<number> =>
  (await listCheckpoints(path.join(run, 'checkpoints')).catch(() => []))[0] ?? 0;

// What runs where is decided as for any other run: engine, threads and batch are those that nobody gives.
const FLAGS = (
  '--env HalfCheetah-v5 --steps 290 --warmup 200 --max-steps 40 --evaluate-every 145 --evaluation-episodes 8 ' +
  '--checkpoint-every 20 --keep-checkpoints 3 --log-every 20'
).split(' ');

const begin = (run: string) => startNode(seenCores(2), 'train', ...FLAGS, '--out', run);
const finished = { code: 0, err: '' };

it('on two cores a run gives the same bits twice, and killed in its middle and gone on with on one core', async () => {
  const folder = await temporaryFolder();
  const [first, second, killed] = ['first', 'second', 'killed'].map((name) => path.join(folder, name));
  if (!first || !second || !killed) throw new Error('there are three runs');
  // One after the other: threads that wait for each other want cores of their own.
  expect(await begin(first).ended).toMatchObject(finished);
  expect(await begin(second).ended).toMatchObject(finished);
  const { child, ended, until } = begin(killed);
  onTestFinished(() => void child.kill('SIGKILL'));
  await until(async () => (await newestCheckpoint(killed)) > 200);
  child.kill('SIGKILL');
  expect(await ended).toMatchObject({ signal: 'SIGKILL' });
  expect(await newestCheckpoint(killed)).toBeLessThan(290);

  expect(await configOf(first)).toMatchObject({
    parallel: 'auto',
    engine: whyUnavailable() === undefined ? 'fused' : 'onnxruntime',
    learnerThreads: 2,
    pipeline: false,
    agent: { batchSize: 256 },
  });
  const outcome = await outcomeOf(first);
  expect(outcome.policies.length).toBeGreaterThan(0);
  expect(await outcomeOf(second)).toEqual(outcome);

  const resumed = startNode(seenCores(1), 'train', '--resume', killed);
  expect(await resumed.ended).toMatchObject(finished);
  expect(await outcomeOf(killed)).toEqual(outcome);
  expect(await configOf(killed)).toMatchObject({ parallel: 'auto', learnerThreads: 2 });
}, 300_000);
