import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

import { peerPython, peersFolder } from './peer-process.ts';

const golden = fileURLToPath(new URL('../../../../packages/meow/fixtures/meow-update.json', import.meta.url));
const installed = existsSync(peerPython);

// The peers are optional and several GB large, so machines without them pass.
test.skipIf(!installed)(
  `PyTorch and JAX give the golden updates${installed ? '' : ' (not installed: npm run peers:setup)'}`,
  async () => {
    const { stdout } = await promisify(execFile)(peerPython, [path.join(peersFolder, 'check.py'), golden]);
    const errors: Record<string, number> = JSON.parse(stdout);
    expect(Object.keys(errors)).toHaveLength(6);
    for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(1e-9);
  },
);
