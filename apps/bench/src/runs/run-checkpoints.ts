import { CheckpointError } from '@meow-rl/train/node';

import { CliError, UsageError } from '../cli/errors.ts';

/** Where a run keeps its checkpoints. */
export const CHECKPOINTS = 'checkpoints';

/** The flag of a command that takes another checkpoint. */
export type CheckpointFlag = '--from' | '--checkpoint';

/** What the command line says about a checkpoint that can't be used: which of its flags help. Other errors stay as they are. */
export function explainCheckpoint(error: unknown, flag: CheckpointFlag): unknown {
  if (!(error instanceof CheckpointError)) return error;
  const { problem, statement } = error;
  if (problem === 'other files') return new UsageError(statement, error.remedy, { cause: error });
  return new CliError(statement, remedyOf(error, flag), { cause: error });
}

/** Waits for work on checkpoints, and explains its errors. */
export const withExplanation = <T>(work: Promise<T>, flag: CheckpointFlag): Promise<T> =>
  work.catch((error: unknown) => {
    throw explainCheckpoint(error, flag);
  });

function remedyOf({ problem, remedy, earlier, stepsLost }: CheckpointError, flag: CheckpointFlag): string {
  switch (problem) {
    case 'damaged':
      return earlier === undefined
        ? 'No earlier checkpoint is whole; train anew with --force.'
        : `Take ${earlier} with ${flag} ${earlier}: ${stepsLost} steps are then lost.`;
    case 'no run':
      return 'Give the folder of a run that "meow-bench train" wrote.';
    case 'other agent':
      return 'Its networks are those that config.json says: restore the config.json of that run.';
    default:
      return remedy;
  }
}
