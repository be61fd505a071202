import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

import { makeFolder } from './make-folder.ts';

/** A file of JSON lines that grows by one line per event. */
export interface MetricsWriter {
  /**
   * Appends one event, in the order of the calls. `progress` events are left out: they are for a progress bar.
   *
   * @returns a promise for when the line has been handed to the operating system
   */
  write(event: { readonly type: string }): Promise<void>;
  /** Waits for everything written, flushes it to the disk and closes the file. Closing twice is fine. */
  close(): Promise<void>;
}

/**
 * Opens a JSONL file to log events to, making its folder if need be. An existing file is appended to, as a resumed run
 * wants.
 *
 * @throws Error if the file can't be written, saying why
 */
export async function metricsWriter(path: string): Promise<MetricsWriter> {
  const file = await openForAppending(path);
  let last: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;

  return {
    async write(event) {
      if (closing) {
        throw new Error(
          `metricsWriter: write was called after close() of ${path}. Close it when the run has ended.`,
        );
      }
      if (event.type === 'progress') return;
      const line = `${JSON.stringify(event)}\n`;
      // One after the other: lines written at once could be torn apart.
      last = last.then(() => file.appendFile(line));
      await last;
    },
    close() {
      closing ??= flushAndClose(file, last);
      return closing;
    },
  };
}

async function openForAppending(path: string): Promise<FileHandle> {
  try {
    await makeFolder(dirname(path));
    return await open(path, 'a');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `metricsWriter: cannot write ${path}: ${reason}. Give a path in a folder you may write to.`,
      {
        cause,
      },
    );
  }
}

async function flushAndClose(file: FileHandle, written: Promise<void>): Promise<void> {
  try {
    await written;
    await file.sync();
  } finally {
    await file.close();
  }
}
