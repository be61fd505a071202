import { GraphError } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

import type { Algorithm } from './algorithm.ts';
import type { Stage } from './definition.ts';
import { gradientNormOutput, parameterNormOutput } from './optimizer-step.ts';
import { TD_ERRORS } from './stage-programs.ts';
import { expectShape, trainedGroups } from './stage-inputs.ts';

/** How a metric of a batch comes from those of its parts: a sum, the same in each, or the norm of parts of a vector. */
export type Merge = 'sum' | 'same' | 'norm';

/** One number that a stage reports. */
export interface StageMetric {
  /** Of the program. */
  readonly output: string;
  /** As users see it. */
  readonly name: string;
  readonly merge: Merge;
}

/**
 * What a stage reports: its loss's metrics, then for each group that it trains how long its gradient and its new parameters
 * are. With one group these are `gradientNorm` and `parameterNorm`, with several `criticsGradientNorm` and so on.
 *
 * @param outputs of the stage's program on whole batches
 * @throws GraphError for a metric that is no scalar
 */
export function stageMetrics(
  algorithm: Algorithm,
  stage: Stage,
  outputs: Readonly<Record<string, Tensor>>,
): readonly StageMetric[] {
  const groups = trainedGroups(algorithm, stage);
  const isOnly = algorithm.groups.length === 1;
  const named = (group: string, norm: string): string =>
    isOnly ? `${norm[0]?.toLowerCase()}${norm.slice(1)}` : `${group}${norm}`;
  const norms = groups.flatMap(({ name }): StageMetric[] => [
    { output: gradientNormOutput(name), name: named(name, 'GradientNorm'), merge: 'same' },
    { output: parameterNormOutput(name), name: named(name, 'ParameterNorm'), merge: 'norm' },
  ]);
  const ofNorms = new Set(norms.map(({ output }) => output));
  const ofLoss = Object.keys(outputs).filter((output) => output !== TD_ERRORS && !ofNorms.has(output));
  for (const output of ofLoss)
    expectShape(
      algorithm,
      `metric ${output}`,
      outputs[output],
      [],
      "Take its mean over the batch with the loss's mean.",
    );
  return [...ofLoss.map((output): StageMetric => ({ output, name: output, merge: 'sum' })), ...norms];
}

/**
 * Checks that an update has one number of each name.
 *
 * @param stages what each of them reports
 * @throws GraphError for a name that two numbers have: one would stand in the other's place
 */
export function expectDistinct({ definition }: Algorithm, stages: readonly (readonly StageMetric[])[]): void {
  const names = stages.flat().map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new GraphError(`${definition.name}: two metrics have the name ${twice}. Give one of them another.`);
}

const MERGES: Readonly<Record<Merge, (parts: readonly number[]) => number>> = {
  sum: (parts) => parts.reduce((total, part) => total + part, 0),
  same: ([first = Number.NaN]) => first,
  norm: (parts) => (parts.length === 1 ? (parts[0] ?? Number.NaN) : Math.hypot(...parts)),
};

/**
 * The metrics of a batch by their names.
 *
 * @param parts of each thread, in the order of `metrics`
 */
export const mergedMetrics = (
  metrics: readonly StageMetric[],
  parts: readonly ArrayLike<number>[],
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    metrics.map(({ name, merge }, i) => [name, MERGES[merge](parts.map((part) => part[i] ?? Number.NaN))]),
  );
