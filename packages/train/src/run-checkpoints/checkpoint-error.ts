/**
 * Why a checkpoint of a run can't be used: `damaged`; `missing`; `no run`, it holds something else; `other agent`, one of other
 * settings; `occupied`, the folder holds those of another run; `other files`, in a checkpoint's folder.
 */
export type CheckpointProblem = 'damaged' | 'missing' | 'no run' | 'other agent' | 'occupied' | 'other files';

/** What a {@link CheckpointError} says. */
export interface CheckpointErrorOptions extends ErrorOptions {
  readonly problem: CheckpointProblem;
  /** What happened, without a final period. */
  readonly statement: string;
  /** What to do, a whole sentence. */
  readonly remedy: string;
  /** The newest whole checkpoint before one that is damaged. */
  readonly earlier?: number | undefined;
  /** Environment steps that going back to `earlier` loses. */
  readonly stepsLost?: number | undefined;
}

/** A checkpoint of a run can't be used. Its parts are there for programs that have a remedy of their own to name. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  readonly problem: CheckpointProblem;
  /** What happened, without a final period. */
  readonly statement: string;
  /** What to do, a whole sentence. */
  readonly remedy: string;
  /** The newest whole checkpoint before one that is damaged; undefined if there is none. */
  readonly earlier: number | undefined;
  /** Environment steps that going back to `earlier` loses. */
  readonly stepsLost: number | undefined;

  constructor({ problem, statement, remedy, earlier, stepsLost, ...options }: CheckpointErrorOptions) {
    super(`${statement}. ${remedy}`, options);
    this.problem = problem;
    this.statement = statement;
    this.remedy = remedy;
    this.earlier = earlier;
    this.stepsLost = stepsLost;
  }
}

/** What an error says, as part of a sentence. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().replace(/\.$/, '');
