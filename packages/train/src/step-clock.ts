import type { TrainingTiming } from './events.ts';

/** Measures how long a run has been going, how fast, and in how much memory. */
export interface StepClock {
  /** Seconds of training so far. */
  seconds(): number;
  /**
   * Counts an update that took so long.
   *
   * @param count how many they were, which took so long together; default 1
   */
  countUpdate(milliseconds: number, count?: number): void;
  /** The timing at `step`, with speed and updates since the call before. */
  lap(step: number): TrainingTiming;
}

/** What clocks can tell apart at best. */
const FINEST_SECONDS = 1e-6;

/** @param start where a resumed run stands */
export function stepClock(start = { seconds: 0, step: 0 }): StepClock {
  const begun = performance.now();
  const seconds = () => start.seconds + (performance.now() - begun) / 1000;
  let last = start;
  let updates = { milliseconds: 0, count: 0 };
  return {
    seconds,
    countUpdate(milliseconds, count = 1) {
      updates = { milliseconds: updates.milliseconds + milliseconds, count: updates.count + count };
    },
    lap(step) {
      const now = { seconds: seconds(), step };
      // A clock that hasn't moved, as coarse ones of browsers do, must not give infinity, which loggers refuse.
      const elapsed = Math.max(now.seconds - last.seconds, FINEST_SECONDS);
      const stepsPerSecond = (step - last.step) / elapsed;
      const { milliseconds, count } = updates;
      last = now;
      updates = { milliseconds: 0, count: 0 };
      return {
        seconds: now.seconds,
        stepsPerSecond,
        ...(count > 0 && { updateMilliseconds: milliseconds / count }),
        ...memory(),
      };
    },
  };
}

/** What of `process` there is where bundlers put something else in its place. */
interface ProcessLike {
  readonly memoryUsage?: { readonly rss?: () => number };
}

/** The resident set, where there is a process that tells it. */
function memory() {
  const { process }: { readonly process?: ProcessLike } = globalThis;
  const bytes = process?.memoryUsage?.rss?.();
  return bytes === undefined ? {} : { memoryMebibytes: bytes / 2 ** 20 };
}
