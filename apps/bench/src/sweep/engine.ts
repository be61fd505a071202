import type { PlannedTrial } from './plan.ts';

/** How an attempt at a trial has ended. */
export type Ending =
  | { readonly kind: 'done' }
  /** Saved, because it was told to stop. */
  | { readonly kind: 'stopped' }
  | {
      readonly kind: 'failed';
      readonly error: string;
      /** Whether another attempt may end otherwise: it was wrongly called if not. */
      readonly again: boolean;
    };

/** An attempt at a trial that is under way. */
export interface Attempt {
  readonly ended: Promise<Ending>;
  /** Has it save and end. */
  stop(): void;
}

/** Takes what is known of an attempt: whether it runs yet, and the job that it is. */
export type ReportProgress = (progress: {
  readonly phase: 'pending' | 'running';
  readonly job: string;
}) => void;

/** What trials run on. */
export interface Engine {
  readonly name: 'local' | 'ray';
  /** Cores that trials share. */
  readonly cores: number;
  /** What to do about a trial that asks for more. */
  readonly remedy: string;
  /**
   * Begins a trial, or goes on with it from its newest checkpoint.
   *
   * @param attempt 1, 2, 3, ...
   */
  start(trial: PlannedTrial, attempt: number, report: ReportProgress): Promise<Attempt>;
  close(): Promise<void>;
}
