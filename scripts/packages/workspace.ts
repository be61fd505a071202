import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A `package.json`, as far as the tests of packages read it. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly sideEffects?: boolean;
  readonly engines?: unknown;
  readonly repository?: unknown;
  readonly publishConfig?: Readonly<Record<string, unknown>>;
  readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** A package of the workspace. */
export interface WorkspacePackage {
  /** Relative to the root: `packages/graph`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Reads a file of JSON, relative to the repository. */
const readJson = (file: string) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));

export const rootManifest: Manifest = readJson('package.json');

/** Every package that is published. */
export const workspacePackages: readonly WorkspacePackage[] = ['packages', 'apps']
  .flatMap((parent) => readdirSync(path.join(root, parent)).map((name) => `${parent}/${name}`))
  .map((folder) => ({ folder, manifest: readJson(`${folder}/package.json`) }))
  .filter(({ manifest }) => manifest.private !== true);

/** `@meow-rl/graph` of `@meow-rl/graph/onnxruntime-node`. */
export const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
