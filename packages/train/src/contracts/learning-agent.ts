import type { Actor } from './actor.ts';

/** Numbers of one update by documented names, such as `criticLoss`. */
export type UpdateMetrics = Readonly<Record<string, number>>;

/** What every agent that learns has, whatever it learns from. */
export interface LearningAgent extends Actor {
  /** Name of the algorithm, for logs. */
  readonly algorithm: string;
}
