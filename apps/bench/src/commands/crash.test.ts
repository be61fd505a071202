import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { workerVectorEnv } from '@meow-rl/envs/node';
import { listCheckpoints } from '@meow-rl/train/node';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { main } from '../cli/main.ts';
import { captureIo } from '../testing/capture.ts';

// Environments that exist don't kill their thread, so one that does stands in for them; the thread and its end are real.
vi.mock('@meow-rl/envs-mujoco/node', () => ({
  makeVectorEnv: (id: string, numEnvs: number) =>
    workerVectorEnv({
      module: new URL('../testing/dying-registry.ts', import.meta.url),
      id,
      numEnvs,
      workers: 1,
      autoresetMode: 'same-step',
    }),
}));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meow-crash-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('the death of an environment’s thread says what is saved, what is lost and how to go on', async () => {
  const io = captureIo();
  const run = path.join(folder, 'run');
  const flags =
    '--env MultiGoal-v0 --steps 400 --warmup 50 --hidden 8,8 --shift-hidden 8 --couplings 1 --batch-size 16 --evaluate-every 400 ' +
    '--checkpoint-every 100 --quiet --out';
  expect(await main(['train', ...flags.split(' '), run], io)).toBe(1);
  expect(io.err()).toMatch(
    /MultiGoal-v0.* its thread ended with exit code 7.*The run is saved up to step 200, 30 steps are lost\. Go on with: meow-bench train --resume .*run\n$/,
  );
  expect(await listCheckpoints(path.join(run, 'checkpoints'))).toEqual([200, 100]);
});
