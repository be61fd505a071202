import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { codeOf, writeAndFlush, type FileSystem } from '@meow-rl/files';
import { decodeSafetensors, encodeSafetensors, type NamedTensors } from '@meow-rl/safetensors';

import { formatSums, parseSums, sha256 } from './checksums.ts';

/** What a checkpoint holds. */
export interface Checkpoint {
  /** Environment steps at which it was saved. */
  readonly step: number;
  /** How good the policy was, the higher the better; absent before the first evaluation. */
  readonly score?: number;
  /** Plain JSON: counters, generators, states of environments. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly tensors: NamedTensors;
}

/** Raised whenever a new program could misread what an older one wrote, or the other way round. */
const VERSION = 1;
const FORMAT = 'meow-rl checkpoint';
const STATE = 'state.json';
const TENSORS = 'tensors.safetensors';
const SUMS = 'SHA256SUMS';
/** The files that a checkpoint's folder consists of. */
export const CHECKPOINT_FILES: readonly string[] = [STATE, TENSORS, SUMS];

/** Writes a checkpoint's files into an empty folder and waits until the disk has their content. */
export async function writeCheckpoint(
  folder: string,
  checkpoint: Checkpoint,
  files: FileSystem,
): Promise<void> {
  const { tensors, ...state } = checkpoint;
  const contents = {
    [STATE]: JSON.stringify({ format: FORMAT, version: VERSION, ...state }),
    [TENSORS]: encodeSafetensors(tensors, { step: String(checkpoint.step) }),
  };
  const sums: Record<string, string> = {};
  for (const [name, content] of Object.entries(contents)) {
    sums[name] = sha256(content);
    await writeAndFlush(path.join(folder, name), content, files);
  }
  await writeAndFlush(path.join(folder, SUMS), formatSums(sums), files);
}

/**
 * Reads the checkpoint in a folder, checking every byte.
 *
 * @throws Error that says what is damaged or missing
 */
export async function readCheckpoint(folder: string): Promise<Checkpoint> {
  const sums = parseSums((await readPart(folder, SUMS)).toString('utf8'));
  if (!sums) throw damaged(folder, `${SUMS} is no list of checksums`);
  const verified = async (name: string): Promise<Buffer> => {
    const content = await readPart(folder, name);
    const [actual, expected] = [sha256(content), sums.get(name)];
    if (actual !== expected)
      throw damaged(folder, `${name} has checksum ${short(actual)}, expected ${short(expected ?? 'none')}`);
    return content;
  };
  const { step, score, values } = parseState(folder, (await verified(STATE)).toString('utf8'));
  const { tensors } = decodeSafetensors(await verified(TENSORS), path.join(folder, TENSORS));
  return { step, ...(score === undefined ? {} : { score }), values, tensors };
}

/** Begins the name of a checkpoint that makes room for another one of its step. Until that has the name, this one is the checkpoint. */
export const REPLACED = '.replaced-';
const STANDING = /^(?:\.replaced-)?(\d+)$/;

/** The folder of a checkpoint of a run. */
export function checkpointFolder(folder: string, step: number): string {
  const named = path.join(folder, String(step));
  const replaced = path.join(folder, `${REPLACED}${step}`);
  return !existsSync(named) && existsSync(replaced) ? replaced : named;
}

/**
 * The steps of the checkpoints in a folder, newest first; none if there is no such folder. Only complete ones have a name that
 * counts, whether their content is sound shows in reading.
 */
export async function listCheckpoints(folder: string): Promise<number[]> {
  try {
    const names = await readdir(folder);
    const steps = names.flatMap((name) => STANDING.exec(name)?.[1] ?? []).map(Number);
    return [...new Set(steps)].toSorted((a, b) => b - a);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function readPart(folder: string, name: string): Promise<Buffer> {
  try {
    return await readFile(path.join(folder, name));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw damaged(folder, `${name} can't be read: ${reason}`, error);
  }
}

function parseState(folder: string, text: string): Omit<Checkpoint, 'tensors'> {
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch (error) {
    throw damaged(folder, `${STATE} is no JSON`, error);
  }
  if (!isRecord(state) || state['format'] !== FORMAT) throw damaged(folder, `${STATE} is of another format`);
  if (state['version'] !== VERSION)
    throw new Error(
      `checkpoint ${folder}: its format has version ${String(state['version'])}, this program reads ${VERSION}. ` +
        'Use the version of meow-rl that the config.json of the run names.',
    );
  const { step, score, values } = state;
  if (typeof step !== 'number' || !isRecord(values))
    throw damaged(folder, `${STATE} has no step or no values`);
  return { step, ...(typeof score === 'number' ? { score } : {}), values };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const short = (sum: string) => (sum.length > 8 ? `${sum.slice(0, 8)}…` : sum);

const damaged = (folder: string, what: string, cause?: unknown) =>
  new Error(`checkpoint ${folder} is damaged: ${what}.`, { cause });
