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
   * @throws RangeError for a number that isn't finite, naming the event and the field; nothing is then written
   */
  log(event: { readonly type: string }): Promise<void>;
  position(): Promise<LogPosition>;
  /** Waits for everything written, flushes it to the disk and closes the file. Closing twice is fine. */
  close(): Promise<void>;
}

/** Options of {@link metricsWriter}. */
export interface MetricsWriterOptions {
  /** Where to go on: the {@link RunLogger.position} that a checkpoint kept. What the file holds after it is cut off. */
  readonly position?: LogPosition | undefined;
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
      if (event.type === 'progress') return;
      expectFinite(event);
      await file.append(`${JSON.stringify(event)}\n`);
    },
    position: async () => ({ [name]: await file.position() }),
    close: () => file.close(),
  };
}

// JSON has neither NaN nor infinities: `null` would stand there, which no reader takes for a number.
function expectFinite(event: { readonly type: string; readonly step?: unknown }): void {
  const place = nonFinite(event, '');
  if (place === undefined) return;
  const step = event.step === undefined ? '' : ` at step ${String(event.step)}`;
  throw new RangeError(
    `metricsWriter: ${place.name} of the ${event.type} event${step} is ${place.value}, expected a finite number. ` +
      'Find out where it comes from; leave out a number that there is none of.',
  );
}

/** The first number in `value` that isn't finite, by its path: `update.loss`, `returns.2`. */
function nonFinite(
  value: unknown,
  path: string,
): { readonly name: string; readonly value: number } | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : { name: path, value };
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, part] of Object.entries(value)) {
    const place = nonFinite(part, path === '' ? name : `${path}.${name}`);
    if (place) return place;
  }
  return undefined;
}
