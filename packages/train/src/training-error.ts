/** Training ended because an update failed. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
  /** Environment steps that were made. */
  readonly step: number;

  constructor(where: string, step: number, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${where}: at step ${step}: ${reason}`, { cause });
    this.step = step;
  }
}
