import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, it } from 'vitest';

import { createUi } from '../cli/ui.ts';
import { CONFIG, METRICS } from '../runs/run-files.ts';
import { captureIo } from '../testing/capture.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { openBoard } from './board.ts';

it('what of a trial can’t be read for the table is read again, but at the end it is an error', async () => {
  const folder = await temporaryFolder();
  const trial = {
    name: 'a',
    folder,
    algorithm: 'meow',
    environment: 'Hopper-v5',
    settings: {},
    cores: 1,
    steps: 1000,
  };
  const io = captureIo({ isTTY: true });
  const board = await openBoard([trial], createUi(io, { json: false, quiet: false }));
  board.change(trial, { phase: 'running', attempts: 1 });
  await writeFile(path.join(folder, CONFIG), JSON.stringify({ steps: 1000 }));
  // Reading a folder as a file fails, as storage that has gone away does.
  await mkdir(path.join(folder, METRICS));
  await board.show();
  expect(io.err()).toMatch(/a +running +0\/1000/);
  await expect(board.read()).rejects.toThrow('EISDIR');
  await rmdir(path.join(folder, METRICS));
  await writeFile(path.join(folder, METRICS), `${JSON.stringify({ type: 'metrics', step: 300 })}\n`);
  await board.show();
  expect(io.err()).toMatch(/a +running +300\/1000/);
  expect(await board.read()).toMatchObject([{ phase: 'running', step: 300 }]);
});
