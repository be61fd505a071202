import { rmdir } from 'node:fs/promises';

import { codeOf } from '@meow-rl/files';

const STAYS = new Set<unknown>(['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR']);

/** Removes a folder unless something is in it; a link to a folder stays. */
export async function removeEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: unknown) => {
    if (!STAYS.has(codeOf(error))) throw error;
  });
}
