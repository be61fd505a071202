import { PerformanceObserver } from 'node:perf_hooks';

import type { MeasuredLearner } from './measured-learner.ts';

/** What many updates leave behind. */
export interface Soak {
  readonly updates: number;
  readonly seconds: number;
  /** Growth of resident memory and of the JavaScript heap from a tenth of the updates to the end, bytes. */
  readonly residentGrowth: number;
  readonly heapGrowth: number;
  /** Share of the time spent in garbage collection. */
  readonly garbageCollectionShare: number;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Makes at least so many updates and watches memory. Growth is between medians of samples: collections make it saw-toothed. */
export async function soak(
  learner: MeasuredLearner,
  atLeast: number,
  onUpdate: (done: number) => void = () => {},
): Promise<Soak> {
  let pauses = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) pauses += duration;
  });
  observer.observe({ entryTypes: ['gc'] });
  const samples: NodeJS.MemoryUsage[] = [];
  const times = Math.ceil(atLeast / learner.updates);
  const updates = times * learner.updates;
  const every = Math.max(1, Math.floor(times / 100));
  const begun = performance.now();
  for (let i = 1; i <= times; i++) {
    const learn = await learner.prepare();
    await learn();
    if (i % every === 0) samples.push(process.memoryUsage());
    onUpdate(i * learner.updates);
  }
  const elapsed = performance.now() - begun;
  // Entries are delivered in a later turn of the event loop.
  await new Promise((resolve) => setTimeout(resolve, 100));
  observer.disconnect();
  const tenth = Math.max(1, Math.floor(samples.length / 10));
  const early = samples.slice(tenth, 2 * tenth);
  const late = samples.slice(-tenth);
  const growth = (of: (usage: NodeJS.MemoryUsage) => number): number =>
    median(late.map(of)) - median(early.map(of));
  return {
    updates,
    seconds: elapsed / 1000,
    residentGrowth: growth(({ rss }) => rss),
    heapGrowth: growth(({ heapUsed }) => heapUsed),
    garbageCollectionShare: pauses / elapsed,
  };
}
