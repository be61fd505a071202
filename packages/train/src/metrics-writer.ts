import { basename } from 'node:path';

import type { FileSystem } from '@meow-rl/files';

import { appendFile } from './loggers/append-file.ts';
import type { LogPosition, RunLogger } from './loggers/run-logger.ts';

/** A file of JSON lines that grows by one line per event. */
export interface MetricsWriter extends RunLogger {
  /**
   * Appends one event, in the order of the calls. `progress` events are left out: they are for a progress bar.
   *
   * @returns a promise for when the line has been handed to the operating system
   */
  log(event: { readonly type: string }): Promise<void>;
  position(): Promise<LogPosition>;
  /** Waits for everything written, flushes it to the disk and closes the file. Closing twice is fine. */
  close(): Promise<void>;
}

/** Options of {@link metricsWriter}. */
export interface MetricsWriterOptions {
  /** Where to go on: the {@link RunLogger.position} that a checkpoint kept. What the file holds after it is cut off. */
  readonly position?: LogPosition;
  /** Default: Node's files. */
  readonly files?: FileSystem;
}

/**
 * Opens a JSONL file to log events to, making its folder if need be. Without a position an existing file is appended to.
 *
 * @throws Error if the file can't be written, the position isn't of this file, or the file is shorter than it says
 */
export async function metricsWriter(
  path: string,
  { position, files }: MetricsWriterOptions = {},
): Promise<MetricsWriter> {
  const name = basename(path);
  const bytes = position?.[name];
  if (position && bytes === undefined) {
    throw new Error(
      `${path} can't be gone on with: the position knows ${Object.keys(position).join(', ') || 'no file'}, expected ${name}. ` +
        'Give what position() of the run’s logger returned.',
    );
  }
  const file = await appendFile(path, { bytes, files });
  return {
    async log(event) {
      if (event.type !== 'progress') await file.append(`${JSON.stringify(event)}\n`);
    },
    position: async () => ({ [name]: await file.position() }),
    close: () => file.close(),
  };
}
