import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it, onTestFinished } from 'vitest';

import { temporaryFolder } from '../testing/temporary.ts';

const program = fileURLToPath(new URL('../../bin/meow-bench.js', import.meta.url));

it.skipIf(!existsSync('/dev/full'))('output to a full disk is one line and an exit code', async () => {
  const full = await open('/dev/full', 'w');
  onTestFinished(() => full.close());
  const child = spawn(process.execPath, [...process.execArgv, program, '--help'], {
    stdio: ['ignore', full.fd, 'pipe'],
  });
  let err = '';
  child.stderr?.on('data', (chunk) => (err += String(chunk)));
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(err).toMatch(/^meow-bench: can't write the output: ENOSPC.*\. .* send the output elsewhere\.\n$/);
});

it('a training goes on when nobody reads what it prints any more', async () => {
  const run = path.join(await temporaryFolder(), 'run');
  const flags =
    '--env MultiGoal-v0 --steps 200 --warmup 50 --hidden 8,8 --shift-hidden 8 --couplings 1 --batch-size 16 --evaluate-every 200 --evaluation-episodes 1';
  const argv = [...process.execArgv, program, 'train', ...flags.split(' '), '--out', run];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  child.stderr.destroy();
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(existsSync(path.join(run, 'summary.json'))).toBe(true);
});

it('a clone that is not built is told how to set it up', async () => {
  const folder = await temporaryFolder();
  const copy = path.join(folder, 'meow-bench.mjs');
  await cp(program, copy);
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ imports: { '#cli': './missing.js' } }));
  const child = spawn(process.execPath, [copy, '--help'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let err = '';
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(err).toBe(
    'meow-bench: the program has not been built. In the clone, run "npm run setup && npm run build".\n',
  );
});
