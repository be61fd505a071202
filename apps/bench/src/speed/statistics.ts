/** Quantiles of durations in milliseconds: the machine may be shared, so the mean would measure its other users. */
export interface Timing {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

/** The value that a share q of the values does not exceed; NaN of none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
}

/** Median and spread of durations. */
export const timingOf = (milliseconds: readonly number[]): Timing => ({
  median: quantile(milliseconds, 0.5),
  p10: quantile(milliseconds, 0.1),
  p90: quantile(milliseconds, 0.9),
});

/** Milliseconds of each of some runs, one after the other. */
export async function durations(runs: number, work: () => unknown): Promise<number[]> {
  const milliseconds: number[] = [];
  for (let i = 0; i < runs; i++) {
    const begun = performance.now();
    await work();
    milliseconds.push(performance.now() - begun);
  }
  return milliseconds;
}

/** Means of so many durations that follow each other; those left over at the end are left out. */
export const meansOf = (milliseconds: readonly number[], size: number): number[] =>
  Array.from({ length: Math.floor(milliseconds.length / size) }, (_, i) => {
    const group = milliseconds.slice(i * size, (i + 1) * size);
    return group.reduce((sum, x) => sum + x, 0) / size;
  });
