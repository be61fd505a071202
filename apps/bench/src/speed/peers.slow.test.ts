import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { describe, expect, test } from 'vitest';

import { peerPython, peersFolder, startPeers } from './peer-process.ts';
import { MEASURED_ALGORITHMS, peersOf } from './peers.ts';

/** Where golden files lie: GOLDEN_DIR, or a package's fixtures. */
const golden = (packageName: string, file: string): string =>
  path.join(
    process.env['GOLDEN_DIR'] ??
      fileURLToPath(new URL(`../../../../packages/${packageName}/fixtures`, import.meta.url)),
    file,
  );
const GOLDEN = {
  meow: golden('meow', 'meow-update.json'),
  sac: golden('baselines', 'sac-update.json'),
  sql: golden('baselines', 'sql-update.json'),
} as const;

const installed = existsSync(peerPython);
const notice = installed ? '' : ' (not installed: npm run peers:setup)';

// The peers are optional and several GB large, so machines without them pass.
describe.skipIf(!installed).each(MEASURED_ALGORITHMS)(`%s of the peers${notice}`, (algorithm) => {
  test('PyTorch and JAX give the golden updates', async () => {
    const check = path.join(peersFolder, 'check.py');
    const { stdout } = await promisify(execFile)(peerPython, [check, algorithm, GOLDEN[algorithm]]);
    const errors: Record<string, number> = JSON.parse(stdout);
    // Two cases of two variants in PyTorch and one in JAX.
    expect(Object.keys(errors)).toHaveLength(6);
    for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(1e-9);
  });

  const measured = { algorithm, observationSize: 17, actionSize: 6, batchSize: 8, threads: 1, seed: 0 };

  test('each version of the update is timed', async () => {
    const { updates } = peersOf(algorithm);
    const peers = await startPeers([...updates.torch, ...updates.jax], measured);
    for (const { name, update, act, close, versions } of peers) {
      expect(Object.keys(versions), name).toHaveLength(1);
      for (const milliseconds of [await update(3), await act(3, 1)]) {
        expect(milliseconds, name).toHaveLength(3);
        expect(Math.min(...milliseconds), name).toBeGreaterThan(0);
      }
      await close();
    }
  });

  test('each loop is timed', async () => {
    const { loops } = peersOf(algorithm);
    const peers = await startPeers([...loops.torch, ...loops.jax], measured);
    for (const { name, loop, close } of peers) {
      expect(await loop(20, 20), name).toBeGreaterThan(0);
      await close();
    }
  });
});
