import { sac } from '@meow-rl/baselines';
import type { Program } from '@meow-rl/graph';
import { resolveAlgorithm, wholeProgram } from '@meow-rl/learner';
import { meow } from '@meow-rl/meow';

import type { Measured } from './measured-agent.ts';

/** The programs that every update of a measured algorithm runs, in their order. */
export function updatePrograms({ algorithm, batchSize, seed, ...sizes }: Measured): readonly Program[] {
  const resolved =
    algorithm === 'meow'
      ? resolveAlgorithm(meow, sizes, { batchSize })
      : resolveAlgorithm(sac, sizes, { batchSize });
  return resolved.stages
    .filter(({ every = 1 }) => every === 1)
    .map((stage) => wholeProgram(resolved, stage, seed));
}
