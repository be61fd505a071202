import path from 'node:path';

import {
  flushFolder,
  nodeFileSystem,
  type FileSystem,
  makeFolder,
  writeProblem,
  writeRemedy,
} from '@meow-rl/files';

import { listCheckpoints, readCheckpoint, REPLACED, writeCheckpoint, type Checkpoint } from './checkpoint.ts';

/** How many checkpoints a {@link CheckpointStore} keeps. */
export interface CheckpointStoreOptions {
  /** The newest ones that stay. Default: 3. */
  readonly keepLast?: number;
  /** Whether the one with the highest score stays too. Default: true. */
  readonly keepBest?: boolean;
}

/** What {@link openCheckpointStore} needs to know beside what stays. */
export interface OpenCheckpointStoreOptions extends CheckpointStoreOptions {
  /** The step that the run goes on from: later checkpoints belong to a future that is made anew. */
  readonly discardAfter?: number;
  /** Default: Node's files. */
  readonly files?: FileSystem | undefined;
}

/** The checkpoints of one run. */
export interface CheckpointStore {
  /**
   * Saves a checkpoint, whole or not at all, then deletes those that needn't stay.
   *
   * @returns the ones that stay, newest first
   * @throws Error if it can't be written; the older ones are as they were
   */
  save(checkpoint: Checkpoint): Promise<readonly KeptCheckpoint[]>;
  /** Steps of checkpoints that couldn't be read. They stay for their owner to look at, and count for nothing. */
  readonly unread: readonly number[];
}

/** A checkpoint without its tensors. */
export type KeptCheckpoint = Omit<Checkpoint, 'tensors'>;

/** Prefixes of folders that are being made or deleted. */
const [SAVING, DELETING] = ['.saving-', '.deleting-'];

/**
 * Opens the folder of a run's checkpoints for writing, and removes what a killed run left half done.
 *
 * Each checkpoint is a folder named by its step. It gets that name only when all of it is on the disk, and loses it before
 * it is deleted: at any instant, also that of a power cut, what has such a name is complete.
 */
export async function openCheckpointStore(
  location: string,
  { keepLast = 3, keepBest = true, discardAfter, files = nodeFileSystem }: OpenCheckpointStoreOptions = {},
): Promise<CheckpointStore> {
  // As the folder is made: `..` takes back the name before it.
  const folder = path.normalize(location);
  await makeFolder(folder, files);
  await recover(folder, files);
  const at = (name: string | number) => path.join(folder, String(name));

  const removeAll = async (steps: readonly number[]) => {
    if (steps.length === 0) return;
    for (const step of steps) await files.rename(at(step), at(`${DELETING}${step}`));
    // The names go for good before anything that they stand for.
    await flushFolder(folder, files);
    for (const step of steps) await files.remove(at(`${DELETING}${step}`));
  };

  const steps = await listCheckpoints(folder);
  await removeAll(steps.filter((step) => discardAfter !== undefined && step > discardAfter));
  let kept: KeptCheckpoint[] = [];
  const unread: number[] = [];
  for (const step of await listCheckpoints(folder)) {
    const checkpoint = await readCheckpoint(at(step)).catch(() => undefined);
    if (checkpoint) kept.push(withoutTensors(checkpoint));
    else unread.push(step);
  }

  return {
    unread,
    async save(checkpoint) {
      const { step } = checkpoint;
      const saving = at(`${SAVING}${step}`);
      try {
        await files.remove(saving);
        await files.mkdir(saving);
        await writeCheckpoint(saving, checkpoint, files);
        await flushFolder(saving, files);
        const replaces = (await files.readdir(folder)).includes(String(step));
        if (replaces) await files.rename(at(step), at(`${REPLACED}${step}`));
        await files.rename(saving, at(step));
        await flushFolder(folder, files);
        if (replaces) await files.remove(at(`${REPLACED}${step}`));
      } catch (error) {
        await files.remove(saving).catch(() => {});
        throw cannotSave(at(step), error, kept.length > 0);
      }
      const others = kept.filter((earlier) => earlier.step !== step);
      const all = [withoutTensors(checkpoint), ...others].toSorted((a, b) => b.step - a.step);
      const best = keepBest ? bestCheckpoint(all) : undefined;
      kept = all.filter((each, i) => i < keepLast || each === best);
      await removeAll(all.filter((each) => !kept.includes(each)).map((each) => each.step));
      return kept;
    },
  };
}

/** Finishes or undoes what a run was doing when it was killed. */
async function recover(folder: string, files: FileSystem): Promise<void> {
  const names = await files.readdir(folder);
  for (const name of names.filter((entry) => entry.startsWith(REPLACED))) {
    const step = name.slice(REPLACED.length);
    if (!names.includes(step)) await files.rename(path.join(folder, name), path.join(folder, step));
  }
  // What was renamed just before the kill may not last yet, and what it replaced is about to go.
  await flushFolder(folder, files);
  for (const name of await files.readdir(folder)) {
    if ([SAVING, DELETING, REPLACED].some((prefix) => name.startsWith(prefix)))
      await files.remove(path.join(folder, name));
  }
}

const withoutTensors = ({ step, score, values }: Checkpoint): KeptCheckpoint => ({
  step,
  ...(score === undefined ? {} : { score }),
  values,
});

/**
 * The checkpoint with the highest score, the newest of equals.
 *
 * @returns undefined if none has a score
 */
export function bestCheckpoint<T extends Pick<Checkpoint, 'step' | 'score'>>(
  checkpoints: readonly T[],
): T | undefined {
  const scored = checkpoints.flatMap((checkpoint) =>
    checkpoint.score === undefined ? [] : [{ checkpoint, score: checkpoint.score }],
  );
  const [best] = scored.toSorted((a, b) => b.score - a.score || b.checkpoint.step - a.checkpoint.step);
  return best?.checkpoint;
}

function cannotSave(folder: string, error: unknown, hasOthers: boolean): Error {
  const reason = writeProblem(error) ?? (error instanceof Error ? error.message : String(error));
  const remedy = writeRemedy(error);
  return new Error(
    `can't save checkpoint ${folder}: ${reason}. ` +
      (hasOthers
        ? `The ones before it are unharmed: ${remedy}, then resume the run.`
        : `There is none before it: ${remedy}, then begin the run anew.`),
    { cause: error },
  );
}
