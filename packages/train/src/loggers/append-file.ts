import { dirname, normalize } from 'node:path';

import { flushFolder, makeFolder, nodeFileSystem, writeAll, writeProblem, writeRemedy } from '@meow-rl/files';
import type { FileSystem, OpenFile } from '@meow-rl/files';

/** A file that grows at its end. */
export interface AppendFile {
  /** Appends, in the order of the calls; fulfilled once the bytes have been handed to the operating system. */
  append(data: string | Uint8Array): Promise<void>;
  /** The file's length in bytes once everything appended so far is safely on the disk. */
  position(): Promise<number>;
  /** Waits for everything appended, flushes it to the disk and closes. Closing twice is fine. */
  close(): Promise<void>;
}

/** Options of {@link appendFile}. */
export interface AppendFileOptions {
  /** Length to cut the file to first. Default: nothing is cut. */
  readonly bytes?: number | undefined;
  /** Default: Node's files. */
  readonly files?: FileSystem | undefined;
}

/**
 * Opens a file for appending, making its folder if need be.
 *
 * @throws Error if the file can't be written, or is shorter than `bytes`
 */
export async function appendFile(
  path: string,
  { bytes, files = nodeFileSystem }: AppendFileOptions = {},
): Promise<AppendFile> {
  const file = await openForAppending(path, files);
  try {
    if (bytes !== undefined) await cut(path, file, bytes);
  } catch (error) {
    await file.close();
    throw error;
  }
  let last: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;

  return {
    async append(data) {
      if (closing) {
        throw new Error(
          `${path} was written to after it had been closed. Close a log when the run has ended.`,
        );
      }
      // One after the other: pieces written at once could be torn apart.
      last = last.then(() => writeAll(file, data)).catch(explain(path));
      await last;
    },
    async position() {
      await last;
      await file.sync().catch(explain(path));
      return (await file.stat()).size;
    },
    close() {
      closing ??= flushAndClose(file, last, explain(path));
      return closing;
    },
  };
}

async function openForAppending(path: string, files: FileSystem): Promise<OpenFile> {
  try {
    await makeFolder(dirname(path), files);
    // As the folder was made: `..` takes back the name before it.
    const location = normalize(path);
    const file = await files.open(location, 'a');
    // It may be new.
    await flushFolder(dirname(location), files);
    return file;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`can't write ${path}: ${reason}. Give a path in a folder you may write to.`, {
      cause,
    });
  }
}

async function cut(path: string, file: OpenFile, bytes: number): Promise<void> {
  expectLength(path, (await file.stat()).size, bytes);
  await file.truncate(bytes);
}

/**
 * Checks that a file is as long as it was.
 *
 * @throws Error if it is shorter
 */
export function expectLength(path: string, length: number, bytes: number): void {
  if (length >= bytes) return;
  throw new Error(
    `${path} has ${length} bytes, expected at least ${bytes} as when the checkpoint was written. ` +
      'Restore the file, or resume from an earlier checkpoint.',
  );
}

/** Says which file couldn't be written, and why. */
const explain =
  (path: string) =>
  (cause: unknown): never => {
    // Said already, of a piece before this one.
    if (cause instanceof WriteError) throw cause;
    const reason = writeProblem(cause) ?? (cause instanceof Error ? cause.message : String(cause));
    const remedy = writeRemedy(cause);
    const sentence = `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}, then resume the run.`;
    throw new WriteError(`can't write ${path}: ${reason}. ${sentence}`, { cause });
  };

class WriteError extends Error {}

async function flushAndClose(
  file: OpenFile,
  written: Promise<void>,
  fail: (cause: unknown) => never,
): Promise<void> {
  try {
    await written;
    await file.sync().catch(fail);
  } finally {
    await file.close();
  }
}
