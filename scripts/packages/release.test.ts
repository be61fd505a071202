import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  bumpsAskedFor,
  changelogIn,
  commit,
  copyForRelease,
  manifestsIn,
  nextVersion,
  onlyFor,
  publishTo,
} from './release.ts';
import { startRegistry } from './registry.ts';
import { run } from './run.ts';
import { packAll, readTarballs } from './tarballs.ts';

const home = mkdtempSync(path.join(realpathSync(tmpdir()), 'meow-release-'));
const copy = path.join(home, 'workspace');
beforeAll(async () => {
  mkdirSync(copy);
  await copyForRelease(copy);
});
afterAll(() => rmSync(home, { recursive: true }));

const versions = () => new Map([...manifestsIn(copy)].map(([name, { version }]) => [name, version]));

test('changesets give each package the version that they ask for, and tarballs refer to these', async () => {
  const before = versions();
  const asked = bumpsAskedFor(copy);
  await run('changeset', ['version'], { cwd: copy });
  const after = versions();
  for (const [name, version] of before) {
    const bump = asked.get(name);
    const expected = bump ? [nextVersion(version, bump)] : [version, nextVersion(version, 'patch')];
    expect(expected, name).toContain(after.get(name));
    if (bump) expect(changelogIn(copy, name)).toContain(`## ${after.get(name)}`);
  }
  expect(bumpsAskedFor(copy).size, 'changesets are used up').toBe(0);
  await commit(copy, 'versions');

  const tarballs = path.join(home, 'tarballs');
  mkdirSync(tarballs);
  await packAll(copy, tarballs);
  const packed = await readTarballs(tarballs);
  expect(packed).toHaveLength(before.size);
  for (const { manifest, names } of packed) {
    expect(manifest.version).toBe(after.get(manifest.name));
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true });
    expect(names.some((name) => name.startsWith('dist/'))).toBe(true);
    for (const [name, range] of Object.entries(manifest.dependencies ?? {}))
      if (after.has(name)) expect(range, `${manifest.name} on ${name}`).toBe(`^${after.get(name)}`);
  }
});

test('versions are independent: a mended package is released alone', async () => {
  const before = versions();
  writeFileSync(
    path.join(copy, '.changeset', 'alone.md'),
    "---\n'@meow-rl/flows': patch\n---\n\nMended alone.\n",
  );
  await run('changeset', ['version'], { cwd: copy });
  const expected = new Map(before).set(
    '@meow-rl/flows',
    nextVersion(before.get('@meow-rl/flows') ?? '', 'patch'),
  );
  expect(versions()).toEqual(expected);
  expect(changelogIn(copy, '@meow-rl/flows')).toMatch(/### Patch Changes\n\n- .*Mended alone\./);
  await commit(copy, 'alone');
});

test('a dry run would publish what the registry lacks', async () => {
  const registry = await startRegistry([]);
  try {
    publishTo(registry.url, copy, true);
    const filters = ['--filter', '@meow-rl/flows', '--filter', '@meow-rl/bench'];
    const printed = await run(
      'pnpm',
      ['--recursive', ...filters, 'publish', '--dry-run', '--no-git-checks'],
      {
        cwd: copy,
        env: onlyFor(registry.url, home),
      },
    );
    for (const name of ['@meow-rl/flows', '@meow-rl/bench'])
      expect(printed).toContain(`${name}@${versions().get(name)}`);
    expect(registry.versions.size, 'nothing is published').toBe(0);
  } finally {
    await registry.close();
  }
});
