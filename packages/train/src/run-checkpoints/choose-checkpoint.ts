import { bestCheckpoint } from '../checkpoints/checkpoint-store.ts';
import {
  checkpointFolder,
  listCheckpoints,
  readCheckpoint,
  type Checkpoint,
} from '../checkpoints/checkpoint.ts';
import { CheckpointError } from './checkpoint-error.ts';
import { damagedCheckpoint } from './damaged-checkpoint.ts';

/** Which checkpoint of a run to take: the newest, the one with the highest score, or that of a step. */
export type CheckpointChoice = 'last' | 'best' | number;

/**
 * Reads a checkpoint of a run, checking every byte.
 *
 * @returns undefined if there is none to choose from
 * @throws CheckpointError if the one chosen is damaged or isn't there, naming those that could be taken instead
 */
export async function chooseCheckpoint(
  folder: string,
  choice: CheckpointChoice = 'last',
): Promise<Checkpoint | undefined> {
  const steps = await listCheckpoints(folder);
  const [newest] = steps;
  if (newest === undefined) return undefined;
  const step =
    choice === 'last' ? newest : choice === 'best' ? await bestStep(folder, steps, newest) : choice;
  if (!steps.includes(step))
    throw new CheckpointError({
      problem: 'missing',
      statement: `${folder} has no checkpoint ${step}`,
      remedy: `It has ${steps.join(', ')}.`,
    });
  try {
    return await readCheckpoint(checkpointFolder(folder, step));
  } catch (error) {
    throw await damagedCheckpoint(error, folder, step);
  }
}

/** The step of the checkpoint with the highest score; the newest where none has one. */
async function bestStep(folder: string, steps: readonly number[], newest: number): Promise<number> {
  const readable: Pick<Checkpoint, 'step' | 'score'>[] = [];
  for (const step of steps) {
    // A damaged one can't be the best.
    const checkpoint = await readCheckpoint(checkpointFolder(folder, step)).catch(() => undefined);
    // Without the tensors, which take memory.
    if (checkpoint)
      readable.push({ step, ...(checkpoint.score !== undefined && { score: checkpoint.score }) });
  }
  return bestCheckpoint(readable)?.step ?? newest;
}
