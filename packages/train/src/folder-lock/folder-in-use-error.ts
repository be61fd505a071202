import { hostname } from 'node:os';
import path from 'node:path';

import type { LockRecord } from './lock-file.ts';

/** Another process writes to a folder, or may do so. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

/** The process that has a folder runs. */
export function inUse(folder: string, file: string, { pid, since, started }: LockRecord): FolderInUseError {
  if (pid === process.pid)
    return new FolderInUseError(
      `folder ${folder} is in use: this process itself took it ${ago(since)}. Release that lock first, or take another folder.`,
    );
  // Without its start, a number that another process has got since looks the same.
  const doubt =
    started === undefined ? ` If process ${pid} is something else, delete ${named(folder, file)}.` : '';
  return new FolderInUseError(
    `folder ${folder} is in use: process ${pid} took it ${ago(since)} and still runs. ` +
      `Wait until it has ended or end it (kill ${pid}), or take another folder.${doubt}`,
  );
}

/** Whether the process that has a folder runs can't be seen from here. */
export function perhapsInUse(
  folder: string,
  file: string,
  { pid, since, host }: LockRecord,
): FolderInUseError {
  const here = hostname();
  const where = host === here ? `in another container on ${host}` : `on host ${host}`;
  return new FolderInUseError(
    `folder ${folder} is in use: process ${pid} ${where} took it ${ago(since)}, and whether it still runs can't be seen from ` +
      `${host === here ? 'this container' : `host ${here}`}. Wait until it has ended, or take another folder; ` +
      `if it surely has ended, delete ${named(folder, file)}.`,
  );
}

/** A lock file says nothing; `came` is what it is instead, in words. */
export const damagedLock = (folder: string, file: string, came: string): FolderInUseError =>
  new FolderInUseError(
    `${named(folder, file)} is damaged: expected the process that folder ${folder} is in use by, got ${came}. ` +
      'Delete it if no process writes to that folder, or take another folder.',
  );

/** The file in the folder as the caller named it. */
const named = (folder: string, file: string): string => path.join(folder, path.basename(file));

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** `12 minutes ago` */
function ago(since: string): string {
  // Clocks of two hosts differ.
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(since)) / 1000));
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? UNITS[3];
  return new Intl.RelativeTimeFormat('en').format(-Math.floor(seconds / length), unit);
}
