import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';

/** What a {@link replayStore} does with files, each step by itself, so that tests can let any of them fail. */
export interface StoreFileSystem {
  mkdir(folder: string): Promise<unknown>;
  readdir(folder: string): Promise<string[]>;
  readFile(file: string): Promise<Uint8Array>;
  rename(from: string, to: string): Promise<void>;
  unlink(file: string): Promise<void>;
  open(file: string, flags: 'w' | 'r'): Promise<OpenFile>;
}

/** An open file or folder. */
export interface OpenFile {
  /** Writes bytes at the end, perhaps not all of them. */
  write(bytes: Uint8Array): Promise<{ readonly bytesWritten: number }>;
  /** Returns once everything is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The real files. */
export const nodeFileSystem: StoreFileSystem = {
  mkdir: (folder) => mkdir(folder),
  readdir: (folder) => readdir(folder),
  readFile: (file) => readFile(file),
  rename,
  unlink,
  open,
};

/** The system's code of an error (ENOENT, ENOSPC, ...), if it has one. */
export const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/**
 * Writes a file so that at every instant it is either absent, whole as before, or whole as now: under another name,
 * flushed, then renamed. The renaming itself lasts only once the folder is flushed, see {@link flushFolder}.
 */
export async function writeWhole(files: StoreFileSystem, file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.tmp`;
  try {
    const handle = await files.open(temporary, 'w');
    try {
      // Not writeFile, which goes through the event loop every 512 KiB: while training, each turn takes an update's time.
      for (let at = 0; at < bytes.length;) at += (await handle.write(bytes.subarray(at))).bytesWritten;
      await handle.sync();
    } finally {
      await handle.close();
    }
    await files.rename(temporary, file);
  } catch (error) {
    // What is left behind matters little, prune() removes it: the first error is the one to tell.
    await files.unlink(temporary).catch(() => {});
    throw error;
  }
}

/** Flushes the names in a folder to the disk. */
export async function flushFolder(files: StoreFileSystem, folder: string): Promise<void> {
  // Windows can't open folders, and keeps their names by itself.
  if (process.platform === 'win32') return;
  const handle = await files.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
