import { readFileSync, rmSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

import { damagedLock, inUse, perhapsInUse } from './folder-in-use-error.ts';
import {
  createLockFile,
  holdsToken,
  newRecord,
  readLockFile,
  replaceLockFile,
  type LockRecord,
} from './lock-file.ts';
import { lifeOf, thisProcess } from './process-identity.ts';

/** The file in a folder that says which process writes to it. */
export const FOLDER_LOCK = 'run.lock';

/** A folder that this process alone writes to. */
export interface FolderLock {
  /** Lets others have the folder. Twice is fine, and so is a folder that is gone. */
  release(): Promise<void>;
}

/**
 * Takes a folder for this process, with a file `run.lock` in it, so that no other one writes to it meanwhile. Nothing else
 * in the folder is touched. Readers need no lock.
 *
 * The lock ends with {@link FolderLock.release} or with the process. One that was killed leaves the file; that its process
 * has ended is seen, and the lock is taken over, by one process only if several try at once.
 *
 * @param folder must exist
 * @throws FolderInUseError naming the process that has it, or saying that the file is damaged
 * @throws Error with the system's code (EACCES, EROFS, ENOENT, ...) if the folder can't be written to
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const file = path.join(path.resolve(folder), FOLDER_LOCK);
  const record = newRecord(await thisProcess());
  await take(file, record, folder);
  const forget = releaseAtExit({ file, token: record.token });
  await sweep(file);
  return {
    async release() {
      forget();
      if (await holdsToken(file, record.token)) await rm(file, { force: true });
    },
  };
}

/**
 * Takes the lock of a file, over from a process that has ended if need be.
 *
 * Of several that see the same dead lock, only the one that also takes a lock named by that one's token may replace it, and
 * only if it still is there. A token is never used again: whoever comes late finds another one and replaces nothing. Whoever
 * is killed while taking over leaves a lock of that kind, which is taken over in the same way.
 */
async function take(file: string, record: LockRecord, folder: string): Promise<void> {
  while (!(await createLockFile(file, record))) {
    const holder = await readLockFile(file);
    // Released in this moment.
    if (holder === undefined) continue;
    if (typeof holder === 'string') throw damagedLock(folder, file, holder);
    const life = await lifeOf(holder);
    if (life === 'running') throw inUse(folder, file, holder);
    if (life === 'out of sight') throw perhapsInUse(folder, file, holder);
    const claim = `${file}.${holder.token}`;
    await take(claim, record, folder);
    try {
      if ((await holdsToken(file, holder.token)) && (await replaceLockFile(file, record))) return;
    } finally {
      await rm(claim, { force: true });
    }
  }
}

/** Deletes what killed processes left of taking the lock of a file, which only its holder may do. */
async function sweep(file: string): Promise<void> {
  const names = await readdir(path.dirname(file));
  for (const name of names.filter((name) => LEFT_BEHIND.test(name)))
    await rm(path.join(path.dirname(file), name), { force: true });
}

const LEFT_BEHIND = /^\.?run\.lock(\.[0-9a-f]{16})+(\.tmp)?$/;

interface HeldLock {
  readonly file: string;
  readonly token: string;
}

const heldLocks = new Set<HeldLock>();

/** Sees to it that `process.exit()` and errors that nobody catches don't leave the file; returns what undoes that. */
function releaseAtExit(held: HeldLock): () => void {
  heldLocks.add(held);
  if (heldLocks.size === 1) process.on('exit', releaseAll);
  return () => {
    heldLocks.delete(held);
    if (heldLocks.size === 0) process.off('exit', releaseAll);
  };
}

function releaseAll(): void {
  for (const { file, token } of heldLocks) {
    try {
      if (readFileSync(file, 'utf8').includes(token)) rmSync(file);
    } catch {
      // The process ends; a lock that stays is seen to be dead.
    }
  }
}
