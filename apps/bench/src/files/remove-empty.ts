import { rmdir } from 'node:fs/promises';

import { hasCode } from '../cli/errors.ts';

/** Removes a folder unless something is in it; a link to a folder stays. */
export async function removeEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw error;
  });
}
