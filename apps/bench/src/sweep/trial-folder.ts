import { readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { FOLDER_LOCK, FolderInUseError, lockFolder } from '@meow-rl/train/node';
import { z } from 'zod';

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
 * @returns whether there was one
 */
export async function deleteForeignLock(folder: string): Promise<boolean> {
  const file = path.join(folder, FOLDER_LOCK);
  const { host } = z.looseObject({ host: z.string() }).parse(JSON.parse(await readFile(file, 'utf8')));
  if (host === hostname()) return false;
  await rm(file, { force: true });
  return true;
}
