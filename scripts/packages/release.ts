import { cpSync, existsSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { run } from './run.ts';
import { root, workspacePackages } from './workspace.ts';
import type { Manifest } from './workspace.ts';

/** Sizes of steps from one version to the next, the smallest first. */
export const BUMPS = ['patch', 'minor', 'major'] as const;
export type Bump = (typeof BUMPS)[number];

/** The version after another one. */
export function nextVersion(version: string, bump: Bump): string {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (bump === 'major') return `${major + 1}.0.0`;
  return bump === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}

/** The largest step that the changesets of a workspace ask for, by package. */
export function bumpsAskedFor(workspace: string): ReadonlyMap<string, Bump> {
  const folder = path.join(workspace, '.changeset');
  const asked = new Map<string, Bump>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.md') && file !== 'README.md')) {
    const [, header = ''] = readFileSync(path.join(folder, name), 'utf8').split(/^---$/m);
    for (const [, dependency = '', step = ''] of header.matchAll(/^['"]?(@[^'":]+)['"]?: (\w+)$/gm)) {
      const bump = BUMPS.find((known) => known === step);
      if (!bump) throw new Error(`.changeset/${name}: ${step} is none of ${BUMPS.join(', ')}`);
      const before = asked.get(dependency);
      if (!before || BUMPS.indexOf(bump) > BUMPS.indexOf(before)) asked.set(dependency, bump);
    }
  }
  return asked;
}

/** Copies what a release reads and writes, built files with it, into a folder. */
export async function copyForRelease(folder: string): Promise<void> {
  for (const name of [
    'package.json',
    'pnpm-workspace.yaml',
    'pnpm-lock.yaml',
    '.pnpmfile.cjs',
    'LICENSE',
    '.changeset',
  ])
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const left = new Set(['src', 'fixtures', '.turbo', '.venv', 'tests', 'isaac-cpu']);
  for (const { folder: name } of workspacePackages) {
    cpSync(path.join(root, name), path.join(folder, name), {
      recursive: true,
      // Links between the packages are relative, and lead to those of the copy.
      verbatimSymlinks: true,
      filter: (file) => !left.has(path.basename(file)) || file.includes(`${path.sep}python${path.sep}src`),
    });
  }
  writeFileSync(path.join(folder, '.gitignore'), 'node_modules\n');
  await run('git', ['init', '--quiet', '--initial-branch=main'], { cwd: folder });
  await commit(folder, 'start');
}

/** Commits all changes of a copy. */
export async function commit(folder: string, message: string): Promise<void> {
  const who = [
    '-c',
    'user.name=release',
    '-c',
    'user.email=release@example.org',
    '-c',
    'commit.gpgsign=false',
  ];
  await run('git', ['add', '--all'], { cwd: folder });
  await run('git', [...who, 'commit', '--quiet', '--message', message], { cwd: folder });
}

/** The manifests of a copy's packages by name. */
export const manifestsIn = (folder: string): ReadonlyMap<string, Manifest> =>
  new Map(
    workspacePackages.map(({ folder: name, manifest }) => [
      manifest.name,
      JSON.parse(readFileSync(path.join(folder, name, 'package.json'), 'utf8')) as Manifest,
    ]),
  );

/** The changelog of a package in a copy, or none. */
export function changelogIn(folder: string, name: string): string {
  const place = workspacePackages.find(({ manifest }) => manifest.name === name)?.folder ?? '';
  const file = path.join(folder, place, 'CHANGELOG.md');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/**
 * What npm, pnpm and changesets are run with to publish from a copy: they know one registry, have no credentials for another one, and
 * reach no other host. Their own defaults lead to npm's registry, with the credentials of whoever runs the tests.
 */
export function onlyFor(registry: string, folder: string): NodeJS.ProcessEnv {
  const userConfig = path.join(folder, 'only-this-registry.npmrc');
  writeFileSync(userConfig, `registry=${registry}\n${registry.slice('http:'.length)}:_authToken=none\n`);
  const nowhere = 'http://127.0.0.1:9';
  return {
    npm_config_registry: registry,
    // What pnpm prints is read: `npm --silent` of whoever runs the tests would hush it too.
    npm_config_loglevel: 'notice',
    'npm_config_@meow-rl:registry': registry,
    npm_config_userconfig: userConfig,
    npm_config_globalconfig: path.join(folder, 'no-global.npmrc'),
    npm_config_https_proxy: nowhere,
    HTTPS_PROXY: nowhere,
    https_proxy: nowhere,
    npm_config_noproxy: '127.0.0.1',
    NO_PROXY: '127.0.0.1',
    no_proxy: '127.0.0.1',
    NPM_TOKEN: '',
    NODE_AUTH_TOKEN: '',
    // No CI, which could sign what is published.
    CI: '',
    GITHUB_ACTIONS: '',
    GITLAB_CI: '',
  };
}

/** Has all packages of a copy published to one registry alone. */
export function publishTo(registry: string, folder: string, provenance: boolean): void {
  for (const { folder: name } of workspacePackages) {
    const file = path.join(folder, name, 'package.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    const publishConfig = { access: 'public', provenance, registry };
    writeFileSync(file, JSON.stringify({ ...manifest, publishConfig }, undefined, 2));
  }
}
