import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { quietBench, TINY_AGENT } from '../testing/run-bench.ts';
import { openPolicy } from './loaded-policy.ts';

let run = '';
beforeAll(async () => {
  run = await mkdtemp(path.join(tmpdir(), 'meow-policy-'));
  const short = ['--env', 'Pendulum-v1', '--steps', '30', '--warmup', '20', ...TINY_AGENT];
  expect(await quietBench('train', ...short, '--out', run)).toMatchObject({ code: 0 });
});
afterAll(() => rm(run, { recursive: true, force: true }));

it('an exported policy computes on as many threads as are asked for', async () => {
  const file = path.join(run, 'policy', 'policy.onnx');
  const { actor } = await openPolicy(file, { threads: 2 });
  await actor.dispose();
  // The command line takes no such number, of which only the engine can say.
  await expect(openPolicy(file, { threads: 0 })).rejects.toThrow(
    'threads must be a whole number >= 1, got 0',
  );
});

it.each([
  [
    ['--action-bound', '2'],
    'actionBound is for a simulator in Python that is started, and Pendulum-v1 is none',
  ],
  [
    ['--simulator-device', 'cpu', '--env', 'bridge:ws://127.0.0.1:1'],
    'simulatorDevice is for a simulator in Python that is started, and bridge:ws://127.0.0.1:1 is none. Start its server with it instead.',
  ],
])(
  'eval refuses settings of a simulator where none is started, as train does: %j',
  async (flags, problem) => {
    for (const source of [run, path.join(run, 'policy', 'policy.onnx')])
      expect(await quietBench('eval', source, ...flags)).toMatchObject({
        code: 2,
        err: expect.stringContaining(problem),
      });
  },
);

it('so does train --resume, which records nothing of them', async () => {
  const config = path.join(run, 'config.json');
  const before = await readFile(config, 'utf8');
  const resumed = await quietBench('train', '--resume', run, '--steps', '40', '--simulator-device', 'cuda:0');
  expect(resumed).toMatchObject({
    code: 2,
    err: expect.stringContaining('simulatorDevice is for a simulator in Python that is started'),
  });
  expect(await readFile(config, 'utf8')).toBe(before);
});
