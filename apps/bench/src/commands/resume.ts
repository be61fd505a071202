import { listCheckpoints } from '@meow-rl/train/node';

import { UsageError } from '../errors.ts';
import { finishRun } from '../finish-run.ts';
import { CHECKPOINTS, chooseCheckpoint } from '../run-checkpoints.ts';
import { openRunFolder, type RunFolder } from '../run-folder.ts';
import { readRunSettings } from '../saved-run.ts';
import type { Ui } from '../ui.ts';
import { withOpen } from '../with-open.ts';

/**
 * Goes on with a run that was stopped, to the bits that it would have had.
 *
 * @param from step of the checkpoint; default: the newest
 */
export const resumeTraining = (run: string, from: number | undefined, ui: Ui): Promise<void> =>
  withOpen(async (open) => resumeIn(open(await openRunFolder(run)), from, ui));

async function resumeIn(folder: RunFolder, from: number | undefined, ui: Ui): Promise<void> {
  const run = folder.path;
  const settings = await readRunSettings(run);
  const path = folder.file(CHECKPOINTS);
  const checkpoint = await chooseCheckpoint(path, from ?? 'last', '--from');
  if (!checkpoint) {
    if (from !== undefined)
      throw new UsageError(`${run} has no checkpoint ${from}`, 'Leave --from out to begin it anew.');
    ui.warn(`${run} was stopped before its first checkpoint; it begins anew`);
    await folder.clear();
    return finishRun({ settings, folder, ui });
  }
  const newest = (await listCheckpoints(path))[0] ?? checkpoint.step;
  if (newest > checkpoint.step)
    ui.warn(`${newest - checkpoint.step} steps after checkpoint ${checkpoint.step} are trained again`);
  ui.info(
    `Resuming ${settings.algo} on ${settings.env}, seed ${settings.seed}, at step ${checkpoint.step}, in ${run}`,
  );
  return finishRun({ settings, folder, ui, resume: checkpoint });
}
