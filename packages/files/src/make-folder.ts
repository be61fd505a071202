import { stat } from 'node:fs/promises';
import path from 'node:path';

import { flushFolder } from './durable-files.ts';
import { codeOf, nodeFileSystem, type FileSystem } from './file-system.ts';

/**
 * Makes a folder and those above it that are missing, and waits until they last; one that exists is fine. As `path.join` does,
 * `..` takes back the name before it, whether or not there is such a folder: `a/../b` is `b`.
 *
 * @throws Error with the system's code (EACCES, ENOTDIR, ENOENT, ...) where a folder cannot be made
 */
export const makeFolder = (folder: string, files: FileSystem = nodeFileSystem): Promise<void> =>
  makeLevel(path.resolve(folder), files);

/** Level by level, because Node 20's recursive `mkdir` never returns below a file system that refuses folders, as /proc. */
async function makeLevel(folder: string, files: FileSystem): Promise<void> {
  try {
    await makeOne(folder, files);
  } catch (error) {
    const parent = path.dirname(folder);
    if (codeOf(error) !== 'ENOENT' || parent === folder) throw error;
    await makeLevel(parent, files);
    // Once more and no longer: if the parent is there and the folder still cannot be, that is the answer.
    await makeOne(folder, files);
  }
}

async function makeOne(folder: string, files: FileSystem): Promise<void> {
  try {
    await files.mkdir(folder);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !(await stat(folder)).isDirectory()) throw error;
    return;
  }
  await flushFolder(path.dirname(folder), files);
}
