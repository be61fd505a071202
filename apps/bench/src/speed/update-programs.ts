import type { Program } from '@meow-rl/graph';
import { resolveAlgorithm, wholeProgram } from '@meow-rl/learner';

import { DEFINITIONS } from './measured-agent.ts';
import type { Measured } from './measured-agent.ts';

/** The programs that every update of a measured algorithm runs, in their order. */
export function updatePrograms({ algorithm, batchSize, seed, ...sizes }: Measured): readonly Program[] {
  const resolved = resolveAlgorithm(DEFINITIONS[algorithm], sizes, { batchSize });
  return resolved.stages
    .filter(({ every = 1 }) => every === 1)
    .map((stage) => wholeProgram(resolved, stage, seed));
}
