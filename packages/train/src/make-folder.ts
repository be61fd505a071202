import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/**
 * Makes a folder and those above it that are missing; one that exists is fine. As `path.join` does, `..` takes back the name
 * before it, whether or not there is such a folder: `a/../b` is `b`.
 *
 * @throws Error with the system's code (EACCES, ENOTDIR, ENOENT, ...) where a folder cannot be made
 */
export const makeFolder = (folder: string): Promise<void> => makeLevel(path.resolve(folder));

/** Level by level, because Node 20's recursive `mkdir` never returns below a file system that refuses folders, as /proc. */
async function makeLevel(folder: string): Promise<void> {
  try {
    await makeOne(folder);
  } catch (error) {
    const parent = path.dirname(folder);
    if (codeOf(error) !== 'ENOENT' || parent === folder) throw error;
    await makeLevel(parent);
    // Once more and no longer: if the parent is there and the folder still cannot be, that is the answer.
    await makeOne(folder);
  }
}

async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !(await stat(folder)).isDirectory()) throw error;
  }
}
