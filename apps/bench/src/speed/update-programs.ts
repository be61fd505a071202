import type { Program } from '@meow-rl/graph';
import { wholeProgram } from '@meow-rl/learner';

import { resolveMeasured } from './measured-agent.ts';
import type { MeasuredNetwork } from './measured-agent.ts';

/** The programs that every update of a measured algorithm runs, in their order. */
export function updatePrograms(measured: MeasuredNetwork): readonly Program[] {
  const resolved = resolveMeasured(measured);
  return resolved.stages
    .filter(({ every = 1 }) => every === 1)
    .map((stage) => wholeProgram(resolved, stage, measured.seed));
}

/**
 * Updates after which their work repeats itself: 2 where a policy is trained in every second one. Stages that only report
 * don't count.
 */
export function updateCycle(measured: MeasuredNetwork): number {
  const { stages } = resolveMeasured(measured);
  const training = stages.filter(({ trains }) => Object.keys(trains).length > 0);
  return training.reduce((cycle, { every = 1 }) => leastCommonMultiple(cycle, every), 1);
}

function leastCommonMultiple(a: number, b: number): number {
  let multiple = a;
  while (multiple % b !== 0) multiple += a;
  return multiple;
}
