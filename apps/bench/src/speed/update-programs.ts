import type { Program } from '@meow-rl/graph';
import { meowModel, resolveMeowConfig, updateProgram } from '@meow-rl/meow';

import { UsageError } from '../cli/errors.ts';
import type { Measured } from './measured-agent.ts';

/**
 * The programs of a measured update, in the order in which they run.
 *
 * @throws UsageError for an algorithm whose programs are not known here
 */
export function updatePrograms({ algorithm, batchSize, seed, ...sizes }: Measured): readonly Program[] {
  if (algorithm !== 'meow')
    throw new UsageError(
      `--profile and --roofline can't take the update of ${algorithm} apart`,
      'They know that of meow: leave them out, or give --algo meow.',
    );
  return [updateProgram(meowModel(sizes, resolveMeowConfig({ batchSize })), seed).program];
}
