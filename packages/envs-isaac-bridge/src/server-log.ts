import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';

import { BridgeError } from './bridge-error.ts';

/** Characters of a log that an error message quotes. */
const QUOTED = 2000;

/** What a server prints: in a file, or the end of it in memory. */
export interface ServerLog {
  /** What `spawn` is given for the error output. */
  readonly stderr: number | 'pipe';
  /** Where to look for more, for messages. */
  readonly where: string;
  /** Takes over once the server was spawned; resolves when it has printed all. */
  attach(stderr: Readable | null): Promise<void>;
  /** The end of what this server printed. */
  quote(): string;
}

/**
 * A log that `logFile`, where there is one, is appended to.
 *
 * @throws BridgeError if it can't be written
 */
export const serverLog = (logFile: string | undefined): ServerLog =>
  logFile === undefined ? memoryLog() : fileLog(logFile);

function memoryLog(): ServerLog {
  let kept = '';
  return {
    stderr: 'pipe',
    where: 'Its last words',
    async attach(stream) {
      if (!stream) return;
      stream.setEncoding('utf8').on('data', (text: string) => {
        kept = (kept + text).slice(-QUOTED);
      });
      await once(stream, 'close');
    },
    quote: () => kept.trim(),
  };
}

function fileLog(logFile: string): ServerLog {
  const descriptor = openLog(logFile);
  // What runs before this one printed isn't about this one.
  const begin = fstatSync(descriptor).size;
  return {
    stderr: descriptor,
    where: `The end of ${logFile}`,
    attach: async () => closeSync(descriptor),
    quote: () => endOfFile(logFile, begin).trim().slice(-QUOTED),
  };
}

function openLog(logFile: string): number {
  try {
    return openSync(logFile, 'a');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BridgeError(
      'connection',
      `the server's log can't be written: ${reason}. Name another logFile.`,
      {
        cause,
      },
    );
  }
}

/** The end of a file that may be large, from `begin` on; nothing where it is gone, since that isn't what went wrong. */
function endOfFile(file: string, begin: number): string {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const { size } = fstatSync(descriptor);
      // A character has up to four bytes.
      const from = Math.max(begin, size - 4 * QUOTED);
      const bytes = Buffer.alloc(Math.max(0, size - from));
      readSync(descriptor, bytes, 0, bytes.length, from);
      return bytes.toString('utf8');
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}
