import {
  bootstrapInterval,
  improvementInterval,
  interquartileMean,
  mean,
  meanInterval,
  runScore,
  standardDeviation,
} from '@meow-rl/train';
import type { BootstrapOptions, ConfidenceInterval } from '@meow-rl/train';

import { ofEnoughSeeds } from './few-seeds.ts';
import { labelsOf, type RunGroup } from './group-runs.ts';
import { learningCurve, type CurvePoint } from './learning-curve.ts';
import { normalizedProfile, type NormalizedProfile } from './normalized-profile.ts';
import { resamplesOfBands, type Resampling } from './resamples.ts';

/** A mean over seeds; without a standard deviation if there is one seed only. */
export interface Spread {
  readonly mean: number;
  readonly standardDeviation?: number;
}

/** What the seeds of one group say. */
export interface GroupResult {
  readonly algorithm: string;
  readonly label: string;
  readonly seeds: readonly number[];
  /** Steps of the seeds' last evaluations: the smallest and the largest. */
  readonly steps: readonly [number, number];
  /** Over the seeds' last evaluations. */
  readonly final: Spread;
  /** Interquartile mean of the last evaluations, with its bootstrap interval where there are enough seeds. */
  readonly iqm: ConfidenceInterval;
  /** Mean of the last evaluations, with the interval of Student's t. */
  readonly meanFinal: ConfidenceInterval;
  /** Over the seeds' averages of their last evaluations. */
  readonly lastAverage: Spread;
  /** Seeds whose seconds were recorded; what follows is of these. */
  readonly timedSeeds: number;
  /** Mean wall-clock seconds of training; null where none was recorded. */
  readonly seconds: number | null;
  /** Mean over the seeds of their environment steps per wall-clock second, with evaluations; null where none was recorded. */
  readonly stepsPerSecond: number | null;
  /** IQM over seeds at each step of an evaluation; see {@link learningCurve}. */
  readonly curve: readonly CurvePoint[];
  /** Mean over seeds there, with the interval of Student's t. */
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
export interface AnalyseOptions extends BootstrapOptions, Resampling {
  readonly resamples: number;
  readonly confidence: number;
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
        probability: ofEnoughSeeds(
          improvementInterval([finals(x)], [finals(y)], options),
          finals(x),
          finals(y),
        ),
      })),
    })),
    overall,
  };
}

const finals = (group: RunGroup): number[] =>
  group.runs.map(({ evaluations }) => runScore(evaluations).final);

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
    iqm: iqmInterval(final, options),
    meanFinal: meanInterval(final, options.confidence),
    lastAverage: spreadOf(scores.map(({ lastAverage }) => lastAverage)),
    ...timesOf(runs),
    curve: learningCurve(runs, options.smooth, (values) =>
      iqmInterval(values, { ...options, resamples: resamplesOfBands(options) }),
    ),
    meanCurve: learningCurve(runs, options.smooth, (values) => meanInterval(values, options.confidence)),
  };
}

/** Interquartile mean of one task's scores, with its bootstrap interval where there are enough. */
const iqmInterval = (scores: readonly number[], options: BootstrapOptions): ConfidenceInterval =>
  ofEnoughSeeds(
    bootstrapInterval([scores], (resampled) => interquartileMean(resampled.flat()), options),
    scores,
  );

function timesOf(runs: RunGroup['runs']): Pick<GroupResult, 'timedSeeds' | 'seconds' | 'stepsPerSecond'> {
  const timed = runs.flatMap(({ countedSteps, seconds = 0 }) =>
    seconds > 0 ? [{ seconds, rate: countedSteps / seconds }] : [],
  );
  return {
    timedSeeds: timed.length,
    seconds: timed.length === 0 ? null : mean(timed.map(({ seconds }) => seconds)),
    stepsPerSecond: timed.length === 0 ? null : mean(timed.map(({ rate }) => rate)),
  };
}

const spreadOf = (values: readonly number[]): Spread => ({
  mean: mean(values),
  ...(values.length > 1 ? { standardDeviation: standardDeviation(values) } : {}),
});

const pairsOf = <T>(items: readonly T[]): [T, T][] =>
  items.flatMap((x, i) => items.slice(i + 1).map((y): [T, T] => [x, y]));
