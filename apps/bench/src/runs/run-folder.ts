import { existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { makeFolder, replaceFile, writeProblem, writeRemedy, type FileSystem } from '@meow-rl/files';
import { lockFolder } from '@meow-rl/train/node';
import { readConfigFile, type RawConfig } from '../cli/config-file.ts';
import { CliError, UsageError } from '../cli/errors.ts';
import { fileName } from '../files/file-name.ts';
import { toJson } from '../files/json.ts';
import { commandOf, CONFIG, deleteRun, filesOfRun, type RunCommand } from './run-files.ts';
import { versions } from '../cli/versions.ts';

/** A folder that holds a run, which this process alone writes to until it is closed. */
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
  /** Deletes what the run has written but for its `config.json`, to begin it again. */
  clear(): Promise<void>;
  /** Lets other processes write to the folder. */
  close(): Promise<void>;
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
  /** Default: Node's files. */
  readonly files?: FileSystem | undefined;
}

/** `runs/<environment>/<algo>/seed-<seed>`, unless the settings name a folder. */
export function runPath(settings: { environment: string; algo: string; seed: number; out?: string }): string {
  const { environment, algo, seed } = settings;
  return settings.out ?? join('runs', fileName(environment), algo, `seed-${seed}`);
}

/**
 * Creates the folder of a new run. Its settings are to be written next.
 *
 * A run that is there already is deleted with `force`, when it holds its settings alone, as one that could not start leaves them, or when both are
 * demos: a demo is repeatable, so nothing is lost.
 * Only what runs write is deleted; other files stay.
 *
 * @throws UsageError if the folder holds a run, or files that no run wrote under the names of a run's
 * @throws CliError if another process writes to the folder, or if it can't be written to
 */
export async function createRunFolder({ path, command, force, files }: RunFolderOptions): Promise<RunFolder> {
  await guardWrite(path, () => makeFolder(path, files));
  const folder = await lockedFolder(path, { command, files, isBegun: false });
  try {
    const earlier = await commandOf(folder.path);
    if (earlier === undefined) await checkFree(folder.path);
    else if (!force && !(command === 'demo' && earlier === 'demo') && (await hasBegun(folder.path)))
      throw new UsageError(
        `${path} already holds a run`,
        'Give another folder with --out, or replace that run with --force.',
      );
    else await folder.clear();
    return folder;
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** Whether a run has written more than its settings. */
const hasBegun = async (path: string): Promise<boolean> =>
  (await filesOfRun(path)).some((name) => name !== CONFIG);

/** What no run of ours wrote isn't replaced, whatever the command line says. */
async function checkFree(path: string): Promise<void> {
  const [first, ...others] = await filesOfRun(path);
  if (first === undefined) return;
  const files = others.length === 0 ? first : `${first} and ${others.length} more`;
  throw new UsageError(
    `${path} holds no run, but ${files}, which a run would replace`,
    'Give another folder with --out, or move that elsewhere.',
  );
}

/**
 * The folder of a run that was begun before, to go on with.
 *
 * @throws UsageError if the folder holds no run
 * @throws CliError if another process writes to the folder, or if it can't be written to
 */
export async function openRunFolder(path: string): Promise<RunFolder> {
  await readRunConfig(path);
  return lockedFolder(path, { command: 'train', isBegun: true });
}

interface LockedFolderOptions extends Pick<RunFolderOptions, 'command' | 'files'> {
  /** Whether it holds the run already, which can't move then. */
  readonly isBegun: boolean;
}

async function lockedFolder(
  given: string,
  { command, files, isBegun }: LockedFolderOptions,
): Promise<RunFolder> {
  // As `join` and `makeFolder` take it: `..` takes back the name before it.
  const path = normalize(given);
  const ofRun = <T>(write: () => Promise<T>) =>
    guardWrite(path, write, (error) => goingOn(error, path, command));
  const beginning = isBegun ? ofRun : <T>(write: () => Promise<T>) => guardWrite(path, write);
  const lock = await beginning(() => lockFolder(path));
  const write = (name: string, text: string) => writeAtomically(join(path, name), text, files);
  return {
    path,
    file: (...parts) => join(path, ...parts),
    writeText: (name, text) => ofRun(() => write(name, text)),
    writeJson: (name, value) => ofRun(() => write(name, toJson(value))),
    writeConfig: (settings) =>
      beginning(() => write(CONFIG, toJson({ command, ...settings, versions: versions() }))),
    clear: () => beginning(() => deleteRun(path)),
    close: () => lock.release(),
  };
}

/** What to do where the folder of a run that has begun can't be written to. */
function goingOn(error: unknown, path: string, command: RunCommand): string {
  const remedy = writeRemedy(error);
  const next = command === 'demo' ? 'run the demo again.' : `go on with: meow-bench train --resume ${path}`;
  return `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}, then ${next}`;
}

/**
 * The settings that a run was begun with, from its `config.json`.
 *
 * @throws UsageError if the folder holds no run, or its `config.json` is damaged
 */
export async function readRunConfig(path: string): Promise<RawConfig> {
  const file = join(path, CONFIG);
  const config = existsSync(file) ? await readConfigFile(file) : undefined;
  if (config !== undefined && (await commandOf(path)) !== undefined) return config;
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  throw new UsageError(
    isFile
      ? `${path} is a file, and no folder of a run`
      : `${path} holds no run: it has no config.json${config === undefined ? '' : ' that meow-bench wrote'}`,
    'Give the folder that "meow-bench train" wrote.',
  );
}

/** Writes a file whole or not at all, making its folder if need be. */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array,
  files?: FileSystem,
): Promise<void> {
  await makeFolder(dirname(path), files);
  // As the folder was made: `..` takes back the name before it.
  await replaceFile(normalize(path), content, files);
}

/**
 * Runs `write`.
 *
 * @param remedyOf says what to do about an error; default: give another folder
 * @throws CliError for what the file system refuses
 */
export async function guardWrite<T>(
  path: string,
  write: () => Promise<T>,
  remedyOf: (error: unknown) => string = () => 'Give another folder with --out.',
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const problem = writeProblem(error);
    if (!problem) throw error;
    throw new CliError(`can't write to ${path}: ${problem}`, remedyOf(error), { cause: error });
  }
}
