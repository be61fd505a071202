/** When updates are made. */
export interface UpdateSchedule {
  /** Steps before the first one. */
  readonly warmup: number;
  readonly updatesPerStep: number;
}

/** Updates that so many steps call for. Counted from the end of the warm-up instead of accumulated, so that no rounding error is. */
export const updatesDue = (step: number, { warmup, updatesPerStep }: UpdateSchedule): number =>
  Math.max(0, Math.floor((step - warmup) * updatesPerStep + 1e-9));
