import { rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { FOLDER_LOCK, FolderInUseError, lockFolder, readLockFile } from '@meow-rl/train/node';

/** Seconds in which trials that were told to stop, or whose sweep was killed, have saved and ended. */
const PATIENCE = 60;

/**
 * Waits until no process writes to the folder of a trial.
 *
 * @returns why it is in use, where it stays so; undefined also when told to stop
 */
export async function waitForFolder(folder: string, stop: AbortSignal): Promise<string | undefined> {
  const begun = performance.now();
  while (!stop.aborted) {
    try {
      await (await lockFolder(folder)).release();
      return undefined;
    } catch (error) {
      if (!(error instanceof FolderInUseError)) throw error;
      if (performance.now() - begun > 1000 * PATIENCE) return error.message;
      await pause(200, undefined, { signal: stop }).catch(() => {});
    }
  }
  return undefined;
}

/**
 * Deletes the lock of a process on another host, of which is known that it has ended.
 *
 * @returns whether the folder has no lock now
 */
export async function deleteForeignLock(folder: string): Promise<boolean> {
  const file = path.join(folder, FOLDER_LOCK);
  const holder = await readLockFile(file);
  if (holder === undefined) return true;
  // A damaged one doesn't say whose it is.
  if (typeof holder === 'string' || holder.host === hostname()) return false;
  await rm(file, { force: true });
  return true;
}
