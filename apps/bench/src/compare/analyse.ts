import {
  bootstrapInterval,
  improvementInterval,
  interquartileMean,
  mean,
  meanInterval,
  runScore,
  standardDeviation,
} from '@meow-rl/train';
import type { BootstrapOptions, ConfidenceInterval, Strata } from '@meow-rl/train';

import { labelsOf, type RunGroup } from './group-runs.ts';
import { movingAverage } from './moving-average.ts';
import { normalizedProfile, type NormalizedProfile } from './normalized-profile.ts';

/** A mean over seeds; without a standard deviation if there is one seed only. */
export interface Spread {
  readonly mean: number;
  readonly standardDeviation?: number;
}

/** A point of a learning curve. */
export type CurvePoint = ConfidenceInterval & {
  readonly step: number;
  /** Seeds evaluated at this step. */
  readonly seeds: number;
};

/** What the seeds of one group say. */
export interface GroupResult {
  readonly algorithm: string;
  readonly label: string;
  readonly seeds: readonly number[];
  /** Steps of the seeds' last evaluations: the smallest and the largest. */
  readonly steps: readonly [number, number];
  /** Over the seeds' last evaluations. */
  readonly final: Spread;
  /** Interquartile mean of the last evaluations, with its bootstrap interval. */
  readonly iqm: ConfidenceInterval;
  /** Mean of the last evaluations, with the interval of Student's t. */
  readonly meanFinal: ConfidenceInterval;
  /** Over the seeds' averages of their last evaluations. */
  readonly lastAverage: Spread;
  /** Mean wall-clock seconds of training. */
  readonly seconds: number;
  /** Mean over the seeds of their environment steps per wall-clock second, with evaluations. */
  readonly stepsPerSecond: number;
  /** IQM over seeds at each evaluation. */
  readonly curve: readonly CurvePoint[];
  /** Mean over seeds at each evaluation, with the interval of Student's t. */
  readonly meanCurve: readonly CurvePoint[];
}

/** How likely a run of `x` ends better than one of `y`. */
export interface Improvement {
  readonly x: string;
  readonly y: string;
  readonly probability: ConfidenceInterval;
}

/** The groups of one environment. */
export interface EnvironmentResult {
  readonly environment: string;
  readonly groups: readonly GroupResult[];
  /** Of every pair of groups. */
  readonly improvements: readonly Improvement[];
}

/** The whole comparison. */
export interface Comparison {
  readonly environments: readonly EnvironmentResult[];
  /** Averaged over the environments in which both labels occur, of which there are at least two. */
  readonly overall: readonly (Improvement & { readonly environments: readonly string[] })[];
  /** Of the environments in which all labels occur; absent where there is none. */
  readonly profile?: NormalizedProfile;
}

/** Options of {@link analyse}. */
export interface AnalyseOptions extends BootstrapOptions {
  /** Evaluations that `lastAverage` averages. */
  readonly last: number;
  /** Evaluations of a run in each point of a curve: it and those before it. 1 doesn't smooth. */
  readonly smooth: number;
}

/** Computes all numbers of a comparison; groups of one environment stand together. */
export function analyse(groups: readonly RunGroup[], options: AnalyseOptions): Comparison {
  const names = [...new Set(groups.map(({ environment }) => environment))];
  const byEnvironment = names.map((environment) => ({
    environment,
    rivals: groups.filter((group) => group.environment === environment),
  }));
  const labels = labelsOf(groups);
  const overall = pairsOf(labels).flatMap(([x, y]) => {
    const shared = byEnvironment.flatMap(({ environment, rivals }) => {
      const [first, second] = [x, y].map((label) => rivals.find((group) => group.label === label));
      return first && second ? [{ environment, first, second }] : [];
    });
    if (shared.length < 2) return [];
    const probability = improvementInterval(
      shared.map(({ first }) => finals(first)),
      shared.map(({ second }) => finals(second)),
      options,
    );
    return [{ x, y, probability, environments: shared.map(({ environment }) => environment) }];
  });
  const profile = normalizedProfile(
    labels,
    byEnvironment.map(({ environment, rivals }) => ({
      environment,
      scores: new Map(rivals.map((group) => [group.label, finals(group)])),
    })),
    options,
  );
  return {
    ...(profile && { profile }),
    environments: byEnvironment.map(({ environment, rivals }) => ({
      environment,
      groups: rivals.map((group) => resultOf(group, options)),
      improvements: pairsOf(rivals).map(([x, y]) => ({
        x: x.label,
        y: y.label,
        probability: improvementInterval([finals(x)], [finals(y)], options),
      })),
    })),
    overall,
  };
}

const finals = (group: RunGroup): number[] =>
  group.runs.map(({ evaluations }) => runScore(evaluations).final);

const iqmOf = (scores: Strata): number => interquartileMean(scores.flat());

function resultOf({ algorithm, label, runs }: RunGroup, options: AnalyseOptions): GroupResult {
  const scores = runs.map(({ evaluations }) => runScore(evaluations, options.last));
  const steps = scores.map(({ step }) => step);
  const final = scores.map((score) => score.final);
  return {
    algorithm,
    label,
    seeds: runs.map(({ seed }) => seed),
    steps: [Math.min(...steps), Math.max(...steps)],
    final: spreadOf(final),
    iqm: bootstrapInterval([final], iqmOf, options),
    meanFinal: meanInterval(final, options.confidence),
    lastAverage: spreadOf(scores.map(({ lastAverage }) => lastAverage)),
    seconds: mean(runs.map(({ seconds }) => seconds)),
    stepsPerSecond: mean(runs.map(({ countedSteps, seconds }) => (seconds > 0 ? countedSteps / seconds : 0))),
    curve: curveOf(runs, options.smooth, (values) => bootstrapInterval([values], iqmOf, options)),
    meanCurve: curveOf(runs, options.smooth, (values) => meanInterval(values, options.confidence)),
  };
}

function curveOf(
  runs: RunGroup['runs'],
  smooth: number,
  intervalOf: (values: readonly number[]) => ConfidenceInterval,
): CurvePoint[] {
  const byStep = new Map<number, number[]>();
  for (const { evaluations } of runs) {
    const values = movingAverage(
      evaluations.map((evaluation) => evaluation.mean),
      smooth,
    );
    for (const [i, { step }] of evaluations.entries())
      byStep.set(step, [...(byStep.get(step) ?? []), values[i] ?? Number.NaN]);
  }
  return [...byStep]
    .toSorted(([a], [b]) => a - b)
    .map(([step, values]) => Object.assign({ step, seeds: values.length }, intervalOf(values)));
}

const spreadOf = (values: readonly number[]): Spread => ({
  mean: mean(values),
  ...(values.length > 1 ? { standardDeviation: standardDeviation(values) } : {}),
});

const pairsOf = <T>(items: readonly T[]): [T, T][] =>
  items.flatMap((x, i) => items.slice(i + 1).map((y): [T, T] => [x, y]));
