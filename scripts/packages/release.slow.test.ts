import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { makeFolder, npmInstall } from './install.ts';
import { commit, copyForRelease, manifestsIn, onlyFor, publishTo } from './release.ts';
import { startRegistry } from './registry.ts';
import type { Registry } from './registry.ts';
import { run } from './run.ts';

const home = mkdtempSync(path.join(realpathSync(tmpdir()), 'meow-publish-'));
const copy = path.join(home, 'workspace');
let registry: Registry;
beforeAll(async () => {
  mkdirSync(copy);
  await copyForRelease(copy);
  registry = await startRegistry([]);
  await run('changeset', ['version'], { cwd: copy });
  await commit(copy, 'versions');
});
afterAll(async () => {
  await registry.close();
  rmSync(home, { recursive: true });
});

test('publishing asks for provenance, which there is in CI alone', async () => {
  publishTo(registry.url, copy, true);
  const published = run('pnpm', ['publish', '--no-git-checks'], {
    cwd: path.join(copy, 'packages', 'safetensors'),
    env: onlyFor(registry.url, home),
  });
  await expect(published).rejects.toThrow(/provenance/i);
  expect(registry.versions.size).toBe(0);
});

test('changeset publish publishes each package, and npm installs and runs the command line from there', async () => {
  publishTo(registry.url, copy, false);
  await commit(copy, 'without provenance');
  await run('changeset', ['publish'], { cwd: copy, env: onlyFor(registry.url, home) });
  const released = [...manifestsIn(copy).values()].map(({ name, version }) => `${name}@${version}`);
  expect([...registry.versions.keys()].toSorted()).toEqual(released.toSorted());

  // What npm installs from goes by the registry's manifest.
  const engine = [...registry.versions.values()].find(
    ({ manifest }) => manifest.name === '@meow-rl/onnxruntime-fused',
  );
  expect(engine?.manifest).toMatchObject({
    optionalDependencies: { '@meow-rl/onnxruntime-fused-linux-x64-gnu': engine?.manifest.version },
  });

  const folder = path.join(home, 'user');
  makeFolder({ folder, registry: registry.url, withEngine: false });
  await npmInstall(folder, ['@meow-rl/bench']);
  const version = await run('npx', ['meow-bench', '--version'], { cwd: folder });
  expect(version).toContain(manifestsIn(copy).get('@meow-rl/bench')?.version);
  // The fused engine is compiled where it is installed.
  const fused = path.join(folder, 'node_modules', '@meow-rl', 'onnxruntime-fused');
  rmSync(path.join(fused, 'build'), { recursive: true, force: true });
  await run('npx', ['meow-build-fused'], { cwd: folder });
  const { platform, arch } = process;
  expect(
    createRequire(path.join(fused, 'package.json')).resolve(`./build/meow-fused-${platform}-${arch}.node`),
  ).toBeTruthy();
});
