import type { Actor } from './actor.ts';

/** Numbers of one update by documented names, such as `criticLoss`. */
export type UpdateMetrics = Readonly<Record<string, number>>;

/**
 * Looks at the metrics of an update, which lack those that it did not report. Gives what a user has to be told: what has happened,
 * what it means and what to do, in whole sentences; undefined where all is well.
 */
export type MetricWarning = (metrics: UpdateMetrics) => string | undefined;

/** What every agent that learns has, whatever it learns from. */
export interface LearningAgent extends Actor {
  /** Name of the algorithm, for logs. */
  readonly algorithm: string;
  /** Why it has no deterministic action and what to do, in whole sentences: loops then refuse to evaluate it. Absent where it has one. */
  readonly withoutMode?: string;
}
