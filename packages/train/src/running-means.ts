import type { UpdateMetrics } from './contracts/learning-agent.ts';

/** Means of named numbers, each over the times it was there. */
export interface RunningMeans {
  add(metrics: UpdateMetrics): void;
  /** The means since the last call, by name in order of first appearance. */
  take(): Record<string, number>;
  /** A copy of the sums so far, as plain JSON. */
  state(): RunningMeansState;
  /** Adds on to saved sums. */
  restore(state: RunningMeansState): void;
}

/** Names in order of first appearance, each with the sum of its numbers and how many there were. */
export type RunningMeansState = readonly (readonly [name: string, sum: number, count: number])[];

/** Collects nothing yet. */
export function runningMeans(): RunningMeans {
  const sums = new Map<string, { sum: number; count: number }>();
  return {
    add(metrics) {
      for (const [name, value] of Object.entries(metrics)) {
        const entry = sums.get(name) ?? { sum: 0, count: 0 };
        sums.set(name, { sum: entry.sum + value, count: entry.count + 1 });
      }
    },
    take() {
      const means = Object.fromEntries([...sums].map(([name, { sum, count }]) => [name, sum / count]));
      sums.clear();
      return means;
    },
    state: () => [...sums].map(([name, { sum, count }]) => [name, sum, count] as const),
    restore(state) {
      sums.clear();
      for (const [name, sum, count] of state) sums.set(name, { sum, count });
    },
  };
}
