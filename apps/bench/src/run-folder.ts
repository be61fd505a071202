import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, replaceFile, writeProblem } from '@meow-rl/train/node';
import { readConfigFile, type RawConfig } from './config-file.ts';
import { CliError, hasCode, UsageError } from './errors.ts';
import { toJson } from './json.ts';
import { versions } from './versions.ts';

/** The commands that write a run. */
export type RunCommand = 'train' | 'demo';

/** A folder that holds a run. */
export interface RunFolder {
  /** As the user gave it: relative paths stay relative to the working directory. */
  readonly path: string;
  /** The path of something in the folder. */
  file(...parts: readonly string[]): string;
  /** Writes a file whole or not at all, so that a run killed at any moment leaves none half written. */
  writeText(name: string, text: string): Promise<void>;
  /** {@link writeText} for a value. */
  writeJson(name: string, value: unknown): Promise<void>;
  /** Writes `config.json`: the resolved settings, seed included, the command and the versions. */
  writeConfig(settings: Readonly<Record<string, unknown>>): Promise<void>;
}

/** What the command line says about a run's folder beside its path. */
export interface RunOptions {
  /** Deletes the run that the folder holds. */
  readonly force: boolean;
}

/** What {@link createRunFolder} needs to know. */
export interface RunFolderOptions extends RunOptions {
  readonly path: string;
  readonly command: RunCommand;
  /** Leave the settings of the run that is there: it is begun again. */
  readonly keepConfig?: boolean;
}

/** `runs/<env>/<algo>/seed-<seed>`, unless the settings name a folder. */
export function runPath(settings: { env: string; algo: string; seed: number; out?: string }): string {
  return settings.out ?? join('runs', settings.env, settings.algo, `seed-${settings.seed}`);
}

/**
 * Creates the folder of a new run.
 *
 * A run that is there already is deleted with `force`, or when both are demos: a demo is repeatable, so nothing is lost.
 * Only what runs write is deleted; other files stay.
 *
 * @throws UsageError if the folder holds a run
 * @throws CliError if the folder can't be written to
 */
export async function createRunFolder({
  path,
  command,
  force,
  keepConfig = false,
}: RunFolderOptions): Promise<RunFolder> {
  const old = await runEntries(path);
  if (old.length > 0 && !force && !(command === 'demo' && (await commandOf(path)) === 'demo'))
    throw new UsageError(
      `${path} already holds a run`,
      'Give another folder with --out, or replace that run with --force.',
    );
  await guardWrite(path, async () => {
    await makeFolder(path);
    const surplus = old.filter((entry) => !(keepConfig && entry === 'config.json'));
    await Promise.all(surplus.map((entry) => rm(join(path, entry), { recursive: true })));
  });
  return folderOf(path, command);
}

/** The folder of a run that was begun before, to go on with. */
export const existingRunFolder = (path: string): RunFolder => folderOf(path, 'train');

function folderOf(path: string, command: RunCommand): RunFolder {
  const writeText = (name: string, text: string) =>
    guardWrite(path, () => writeAtomically(join(path, name), text));
  const writeJson = (name: string, value: unknown) => writeText(name, toJson(value));
  return {
    path,
    file: (...parts) => join(path, ...parts),
    writeText,
    writeJson,
    writeConfig: (settings) => writeJson('config.json', { command, ...settings, versions: versions() }),
  };
}

/**
 * The settings that a run was begun with, from its `config.json`.
 *
 * @throws UsageError if the folder holds no run
 */
export async function readRunConfig(path: string): Promise<RawConfig> {
  if (!(await runEntries(path)).includes('config.json'))
    throw new UsageError(
      `${path} holds no run: it has no config.json`,
      'Give the folder that "meow-bench train" wrote.',
    );
  return readConfigFile(join(path, 'config.json'));
}

/** Writes a file whole or not at all, making its folder if need be. */
export async function writeAtomically(path: string, content: string | Uint8Array): Promise<void> {
  await makeFolder(dirname(path));
  await replaceFile(path, content);
}

const entriesOfRuns =
  /^(config\.json|metrics\.jsonl|report\.html|replay.*\.(?:html|qpos)|summary\.json|checkpoints|policy|events\.out\.tfevents\..*)$/;

/** What a run has written into a folder; nothing where there is no such folder. */
async function runEntries(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).filter((name) => entriesOfRuns.test(name));
  } catch (error) {
    // A file in the way is reported when the folder is made.
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

async function commandOf(path: string): Promise<unknown> {
  try {
    const config: unknown = JSON.parse(await readFile(join(path, 'config.json'), 'utf8'));
    return typeof config === 'object' && config !== null && 'command' in config ? config.command : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs `write`.
 *
 * @throws CliError for what the file system refuses
 */
export async function guardWrite<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const problem = writeProblem(error);
    if (!problem) throw error;
    throw new CliError(`can't write to ${path}: ${problem}`, 'Give another folder with --out.', {
      cause: error,
    });
  }
}
