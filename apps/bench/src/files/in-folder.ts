import { existsSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import path from 'node:path';

import { makeFolder } from '@meow-rl/files';
import { lockFolder } from '@meow-rl/train/node';

import { hasCode } from '../cli/errors.ts';
import { guardWrite } from '../runs/run-folder.ts';
import { withOpen } from './with-open.ts';

/**
 * Does work in a folder that no other process writes to meanwhile. It is made if need be; what was made and stays empty is removed again.
 *
 * @param remedy where it can't be written to; default: give another folder with --out
 * @throws CliError if it can't be written to
 * @throws FolderInUseError naming the process that has it
 */
export const inFolder = <T>(folder: string, work: () => Promise<T>, remedy?: string): Promise<T> =>
  withOpen(async (open) => {
    const missing = missingLevels(path.resolve(folder));
    open({ close: () => removeEmpty(missing) });
    const begin = async () => {
      await makeFolder(folder);
      return lockFolder(folder);
    };
    const lock = await guardWrite(folder, begin, remedy === undefined ? undefined : () => remedy);
    open({ close: () => lock.release() });
    return work();
  });

/** The folder and those above it that aren't there, the innermost first. */
function missingLevels(folder: string): string[] {
  const parent = path.dirname(folder);
  return existsSync(folder) || parent === folder ? [] : [folder, ...missingLevels(parent)];
}

async function removeEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of folders)
    try {
      await rmdir(folder);
    } catch (error) {
      if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw error;
      return;
    }
}
