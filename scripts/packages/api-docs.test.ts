import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, test } from 'vitest';

import { run } from './run.ts';
import { root, workspacePackages } from './workspace.ts';

test('API documentation of all entries is built without a warning', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'meow-api-'));
  try {
    await run('typedoc', ['--logLevel', 'Warn', '--out', folder], { cwd: root });
    const index = readFileSync(path.join(folder, 'index.html'), 'utf8');
    for (const { manifest } of workspacePackages)
      for (const [entry, target] of Object.entries(manifest.exports ?? {}))
        if ('types' in target) expect(index).toContain(`>${manifest.name}${entry.slice(1)}<`);
    expect(readFileSync(path.join(folder, 'functions', '_meow-rl_flows.coupling.html'), 'utf8')).toContain(
      'mask',
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
