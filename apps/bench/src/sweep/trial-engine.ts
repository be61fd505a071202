import type { PlannedTrial } from './trial.ts';

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

/** Takes what is known of an attempt: whether it runs yet, and the job that it is. */
export type ReportProgress = (progress: {
  readonly phase: 'pending' | 'running';
  readonly job: string;
}) => void;

/** What trials run on. */
export interface TrialEngine {
  readonly name: 'local' | 'ray';
  /** Cores that trials share. */
  readonly cores: number;
  /** What to do about a trial that asks for more. */
  readonly remedy: string;
  /**
   * Runs a trial, from its newest checkpoint if it has one, until it ends.
   *
   * @param stop has it save and end
   */
  run(trial: PlannedTrial, stop: AbortSignal, report: ReportProgress): Promise<Ending>;
}
