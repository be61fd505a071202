import { count } from '../report/numbers.ts';
import type { RunGroup } from './group-runs.ts';
import type { Run } from './read-run.ts';

/** Says where last evaluations were made before the end of training, and so of earlier policies than the final ones. */
export const beforeTheEnd = (groups: readonly RunGroup[]): string[] =>
  groups.flatMap(({ environment, label, runs }) => {
    const run = runs.find(trainedOnAfterEvaluation);
    return run === undefined
      ? []
      : [
          `${label} on ${environment}: the last evaluation, at step ${count(lastStep(run))}, is not of the final policy, at step ${count(run.countedSteps)}; "meow-bench eval" plays that`,
        ];
  });

const lastStep = ({ evaluations }: Run): number => evaluations.at(-1)?.step ?? 0;

/** Whether a run got to its end, all of it counts, and its last evaluation came before that. */
const trainedOnAfterEvaluation = (run: Run): boolean => {
  const steps = Number(run.config['steps'] ?? Infinity);
  return lastStep(run) < steps && run.countedSteps >= steps;
};
