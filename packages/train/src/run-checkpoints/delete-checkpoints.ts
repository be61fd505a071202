import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { codeOf } from '@meow-rl/files';
import { replayStore } from '@meow-rl/replay/node';

import { openCheckpointStore } from '../checkpoints/checkpoint-store.ts';
import { CHECKPOINT_FILES, checkpointFolder, listCheckpoints } from '../checkpoints/checkpoint.ts';
import { removeEmpty } from '../remove-empty.ts';
import { CheckpointError } from './checkpoint-error.ts';
import { replayFolder } from './saved-run.ts';

/**
 * Deletes the checkpoints of a run, and nothing else in their folder.
 *
 * @throws CheckpointError if the folder of a checkpoint holds something else; then nothing is deleted
 */
export async function deleteCheckpoints(folder: string): Promise<void> {
  const steps = await listCheckpoints(folder);
  for (const step of steps) await checkOnlyCheckpoint(checkpointFolder(folder, step));
  const replay = replayFolder(folder);
  if (!existsSync(folder)) return;
  await openCheckpointStore(folder, { discardAfter: -1 });
  if (existsSync(replay)) await replayStore(replay).prune([]);
  await removeEmpty(replay);
  await removeEmpty(folder);
}

async function checkOnlyCheckpoint(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOTDIR') return [''];
    throw error;
  });
  const other = names.find((name) => !CHECKPOINT_FILES.includes(name));
  if (other === undefined) return;
  throw new CheckpointError({
    problem: 'other files',
    statement: `${path.join(folder, other)} is no part of a checkpoint, which would be deleted with it`,
    remedy: 'Move it elsewhere.',
  });
}
