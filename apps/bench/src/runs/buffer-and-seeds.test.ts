import path from 'node:path';

import { createGenerator, stream } from '@meow-rl/random';
import { seedFor } from '@meow-rl/train';
import { readCheckpoint } from '@meow-rl/train/node';
import { expect, it } from 'vitest';

import { main } from '../cli/main.ts';
import { captureIo } from '../testing/capture.ts';
import { temporaryFolder } from '../testing/temporary.ts';

it.each([
  // A run can't fill more than its steps, of which the last vector step may exceed the end.
  [[], 63],
  [['--buffer-size', '63'], 63],
  [['--buffer-size', '62'], 62],
])('a run with %j has a buffer of %i, and seeds of its own for buffer and agent', async (flags, capacity) => {
  const run = path.join(await temporaryFolder(), 'run');
  // No update yet, and no action of the agent: what was seeded is as it was.
  const argv =
    '--env MultiGoal-v0 --seed 9 --steps 60 --num-envs 3 --warmup 57 --hidden 8,8 ' +
    '--shift-hidden 8 --couplings 1 --batch-size 16 --evaluate-every 30 --evaluation-episodes 1';
  const io = captureIo();
  expect(await main(['train', ...argv.split(' '), ...flags, '--out', run, '--quiet'], io), io.err()).toBe(0);
  const { values } = await readCheckpoint(path.join(run, 'checkpoints', '30'));
  expect(values).toMatchObject({
    loop: { step: 30, updates: 0 },
    replay: { capacity, generator: createGenerator(seedFor('replay', 9)).state() },
    agent: { actingNoise: stream(seedFor('agent', 9), 1).state() },
  });
});
