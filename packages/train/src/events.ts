import type { EvaluationResult } from './evaluate.ts';

/** Wall-clock measurements: all that may differ between two runs with the same seed. */
export interface Timing {
  /** Seconds since training began. */
  readonly seconds: number;
  /** Environment steps per second since the last event of this kind. */
  readonly stepsPerSecond: number;
}

/** Timing of training. */
export interface TrainingTiming extends Timing {
  /** Mean milliseconds of the updates since the last event of this kind; absent if there were none. */
  readonly updateMilliseconds?: number;
  /** Memory of the process in MiB, its resident set; absent where the platform doesn't tell. */
  readonly memoryMebibytes?: number;
}

/** Averages of training, every `logEvery` steps. */
export interface MetricsEvent {
  readonly type: 'metrics';
  /** Environment steps so far. */
  readonly step: number;
  /** Gradient updates so far. */
  readonly updates: number;
  /** Episodes finished so far. */
  readonly episodes: number;
  /** Mean return of the last 100 episodes; absent before the first has ended. */
  readonly meanReturn?: number;
  /** Mean length of the last 100 episodes; absent before the first has ended. */
  readonly meanLength?: number;
  /** Mean of what the updates since the last event of this kind reported, by name; empty if there were none. */
  readonly update: Readonly<Record<string, number>>;
  /** Transitions in the replay buffer; absent for loops without one. */
  readonly replaySize?: number;
  readonly time: TrainingTiming;
}

/** One training episode has ended. */
export interface EpisodeEvent {
  readonly type: 'episode';
  readonly step: number;
  /** Row of the vector environment. */
  readonly environment: number;
  readonly return: number;
  readonly length: number;
  readonly terminated: boolean;
}

/** One evaluation has been done; its own numbers are those of deterministic actions. */
export interface EvaluationEvent extends EvaluationResult {
  readonly type: 'evaluation';
  /** The same with sampled actions, where the schedule asks for it. */
  readonly stochastic?: EvaluationResult;
  readonly step: number;
  readonly updates: number;
  /** Seconds since training began, and how long the evaluation took. */
  readonly time: { readonly seconds: number; readonly duration: number };
}

/** The metrics of an update have shown something that the user has to know; once in a run for each name. */
export interface WarningEvent {
  readonly type: 'warning';
  /** The first step of which the metrics showed it. */
  readonly step: number;
  /** Gradient updates made by then, with that one. */
  readonly updates: number;
  /** As the agent's `warnings` name it. */
  readonly name: string;
  /** What has happened, what it means and what to do. */
  readonly message: string;
}

/** After every step of the vector environment and its updates; for a progress bar. */
export interface ProgressEvent {
  readonly type: 'progress';
  readonly step: number;
  /** Steps that the run was asked for. */
  readonly steps: number;
  readonly updates: number;
  readonly episodes: number;
}

/** What a training loop tells while it runs. */
export type TrainEvent = MetricsEvent | EpisodeEvent | EvaluationEvent | WarningEvent | ProgressEvent;
