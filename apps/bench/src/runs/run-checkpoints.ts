import { CheckpointError } from '@meow-rl/train/node';

import { commandLine } from '../cli/command-line.ts';
import { CliError, UsageError } from '../cli/errors.ts';

/** Where a run keeps its checkpoints. */
export const CHECKPOINTS = 'checkpoints';

/** How another checkpoint is taken: by `--checkpoint` of the command, or by going on with a run, which a sweep's trials say of themselves too. */
export type CheckpointAdvice = '--checkpoint' | { readonly resumed: string };

/** What the command line says about a checkpoint that can't be used: how another one is taken. Other errors stay as they are. */
export function explainCheckpoint(error: unknown, advice: CheckpointAdvice): unknown {
  if (!(error instanceof CheckpointError)) return error;
  const { problem, statement } = error;
  if (problem === 'other files') return new UsageError(statement, error.remedy, { cause: error });
  return new CliError(statement, remedyOf(error, advice), { cause: error });
}

/** Waits for work on checkpoints, and explains its errors. */
export const withExplanation = <T>(work: Promise<T>, advice: CheckpointAdvice): Promise<T> =>
  work.catch((error: unknown) => {
    throw explainCheckpoint(error, advice);
  });

function remedyOf(
  { problem, remedy, earlier, stepsLost }: CheckpointError,
  advice: CheckpointAdvice,
): string {
  switch (problem) {
    case 'damaged':
      return earlier === undefined
        ? 'No earlier checkpoint is whole; train anew with --force.'
        : advice === '--checkpoint'
          ? `Take ${earlier} with --checkpoint ${earlier}: ${stepsLost} steps are then lost.`
          : `Lose ${stepsLost} steps and take ${earlier} with: ${commandLine(['train', '--resume', advice.resumed], { from: earlier })}`;
    case 'no run':
      return 'Give the folder of a run that "meow-bench train" wrote.';
    case 'other agent':
      return 'Its networks are those that config.json says: restore the config.json of that run.';
    default:
      return remedy;
  }
}
