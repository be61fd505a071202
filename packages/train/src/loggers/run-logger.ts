import type { TrainEvent } from '../events.ts';

/**
 * Where a run's log files end: bytes by file name. Plain JSON, for a checkpoint; what lies behind it was written after
 * the checkpoint and is cut off when the run goes on from there.
 */
export type LogPosition = Readonly<Record<string, number>>;

/** Something that keeps a run's events: a file, a dashboard, a database. */
export interface RunLogger {
  /** Takes one event, in order. A promise is awaited by the loop, so that a slow logger slows the run. */
  log(event: TrainEvent): void | Promise<void>;
  /** Where its files end once everything logged is on the disk; absent if it has none to go back in. */
  position?(): Promise<LogPosition>;
  /** Flushes and frees what it holds. */
  close(): void | Promise<void>;
}

/**
 * Several loggers as one. Each event goes to all of them at once; the position covers the files of all.
 *
 * Closing closes every one, also if another fails to; the first failure is then thrown.
 */
export function composeLoggers(
  loggers: readonly RunLogger[],
): Required<RunLogger> & { log(event: TrainEvent): Promise<void>; close(): Promise<void> } {
  return {
    async log(event) {
      await Promise.all(loggers.map((logger) => logger.log(event)));
    },
    async position() {
      const positions = await Promise.all(loggers.map((logger) => logger.position?.() ?? {}));
      return Object.assign({}, ...positions);
    },
    async close() {
      const results = await Promise.allSettled(loggers.map(async (logger) => logger.close()));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}
