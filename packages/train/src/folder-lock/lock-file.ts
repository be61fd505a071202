import { randomBytes } from 'node:crypto';
import { link, lstat, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { codeOf, writeAndFlush } from '@meow-rl/files';

import type { ProcessIdentity } from './process-identity.ts';

/** What a lock file says: whose it is. */
export interface LockRecord extends ProcessIdentity {
  /** Tells this lock from every other one. */
  readonly token: string;
  /** When it was taken, as ISO 8601. */
  readonly since: string;
}

/** A record for a lock that is taken now. */
export const newRecord = (owner: ProcessIdentity): LockRecord => ({
  token: randomBytes(8).toString('hex'),
  since: new Date().toISOString(),
  ...owner,
});

/**
 * Writes a lock file unless there is one; nobody ever sees it half written.
 *
 * @returns whether it was written
 */
export const createLockFile = (file: string, record: LockRecord): Promise<boolean> =>
  fromTemporary(file, record, async (temporary, text) => {
    try {
      await link(temporary, file);
    } catch (error) {
      if (!WITHOUT_LINKS.has(codeOf(error))) throw error;
      // Such a file system shows the file for an instant before its content: to a reader it is then damaged, never free.
      await writeFile(file, text, { flag: 'wx' });
    }
  });

/**
 * Writes a lock file in the place of another one, at once.
 *
 * @returns whether it was written
 */
export const replaceLockFile = (file: string, record: LockRecord): Promise<boolean> =>
  fromTemporary(file, record, (temporary) => rename(temporary, file));

/** What link(2) fails with on file systems that have no hard links: exFAT, some network drives. */
const WITHOUT_LINKS: ReadonlySet<unknown> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR']);

async function fromTemporary(
  file: string,
  record: LockRecord,
  place: (temporary: string, text: string) => Promise<void>,
): Promise<boolean> {
  const suffix = randomBytes(8).toString('hex');
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${suffix}.tmp`);
  const text = `${JSON.stringify(record, null, 2)}\n`;
  try {
    await writeAndFlush(temporary, text);
    return await place(temporary, text).then(
      () => true,
      (error: unknown) => {
        // ENOENT: whoever has taken the folder meanwhile has cleared the temporary file away.
        if (['EEXIST', 'ENOENT'].includes(String(codeOf(error)))) return false;
        throw error;
      },
    );
  } finally {
    await rm(temporary, { force: true });
  }
}

/**
 * Reads a lock file.
 *
 * @returns undefined if there is none; what there is in words, if it isn't a lock's record
 * @throws Error with the system's code if it can't be read
 */
export async function readLockFile(file: string): Promise<LockRecord | string | undefined> {
  let text: string;
  try {
    const entry = await lstat(file);
    // Reading a pipe never ends, and a link that leads nowhere looks like no lock while no other can be made.
    if (!entry.isFile()) return entry.isDirectory() ? 'a folder' : 'a link, a pipe or a device';
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  return parseRecord(text) ?? JSON.stringify(text.slice(0, 60));
}

/** Whether the lock in a file is the one with that token. */
export async function holdsToken(file: string, token: string): Promise<boolean> {
  const record = await readLockFile(file);
  return typeof record === 'object' && record.token === token;
}

function parseRecord(text: string): LockRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is LockRecord {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map(Object.entries(value));
  const isText = (name: string) => typeof fields.get(name) === 'string';
  return (
    Number.isSafeInteger(fields.get('pid')) &&
    Number(fields.get('pid')) > 0 &&
    /^[0-9a-f]{16}$/.test(String(fields.get('token'))) &&
    isText('host') &&
    !Number.isNaN(Date.parse(String(fields.get('since')))) &&
    ['boot', 'namespace', 'started'].every((name) => !fields.has(name) || isText(name))
  );
}
