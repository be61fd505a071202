import { replayStore } from '@meow-rl/replay/node';

import { checkpointFolder, listCheckpoints, readCheckpoint } from '../checkpoints/checkpoint.ts';
import type { LogPosition } from '../loggers/run-logger.ts';
import { CheckpointError, reasonOf } from './checkpoint-error.ts';
import { replayFolder, savedRun } from './saved-run.ts';

/**
 * An error about a checkpoint of which something is damaged, that names the newest one before it that is whole, and what
 * going back to that would lose.
 *
 * @param cause says what is damaged
 * @param logsReach whether the logs are still whole up to a position; default: not asked
 */
export async function damagedCheckpoint(
  cause: unknown,
  folder: string,
  step: number,
  logsReach?: (log: LogPosition) => Promise<boolean>,
): Promise<CheckpointError> {
  const earlier = await newestWhole(folder, step, logsReach);
  const stepsLost = earlier === undefined ? undefined : step - earlier;
  return new CheckpointError({
    problem: 'damaged',
    statement: reasonOf(cause),
    remedy:
      earlier === undefined
        ? 'No earlier checkpoint is whole: begin the run anew.'
        : `Restore checkpoint ${earlier}, which is whole: ${stepsLost} steps are then lost.`,
    earlier,
    stepsLost,
    cause,
  });
}

/** The newest checkpoint before a step of which every file is there and sound. */
async function newestWhole(
  folder: string,
  before: number,
  logsReach?: (log: LogPosition) => Promise<boolean>,
): Promise<number | undefined> {
  const buffers = replayStore(replayFolder(folder));
  for (const step of await listCheckpoints(folder)) {
    if (step >= before) continue;
    try {
      const checkpoint = await readCheckpoint(checkpointFolder(folder, step));
      const { replay, rollout, log } = savedRun(checkpoint, folder);
      if (!rollout) await buffers.check(replay);
      if (logsReach && !(await logsReach(log))) continue;
      return step;
    } catch {
      // Nothing to go on from; the next one may be.
    }
  }
  return undefined;
}
