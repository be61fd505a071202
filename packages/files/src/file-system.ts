import { copyFile, mkdir, open, readdir, readFile, rename, rm, unlink } from 'node:fs/promises';

/** What is done with files, each step by itself, so that tests can record them and let any of them fail. */
export interface FileSystem {
  mkdir(folder: string): Promise<unknown>;
  readdir(folder: string): Promise<string[]>;
  readFile(file: string): Promise<Uint8Array>;
  /** Copies a file, over another one of that name. */
  copyFile(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(file: string): Promise<void>;
  /** Deletes a file, or a folder with all that is in it; fine if there is none. */
  remove(path: string): Promise<void>;
  /** Opens a file to write anew (`w`) or at its end (`a`), or a file or folder as it is (`r`). */
  open(path: string, flags: 'w' | 'a' | 'r'): Promise<OpenFile>;
}

/** An open file or folder. */
export interface OpenFile {
  /** Writes bytes at the end, perhaps not all of them. */
  write(bytes: Uint8Array): Promise<{ readonly bytesWritten: number }>;
  /** Returns once everything is on the disk. */
  sync(): Promise<void>;
  stat(): Promise<{ readonly size: number }>;
  /** Cuts it to a length. */
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** The real files. */
export const nodeFileSystem: FileSystem = {
  mkdir: (folder) => mkdir(folder),
  readdir: (folder) => readdir(folder),
  readFile: (file) => readFile(file),
  copyFile: (from, to) => copyFile(from, to),
  rename,
  unlink,
  remove: (path) => rm(path, { recursive: true, force: true }),
  open,
};

/** The system's code of an error (ENOENT, ENOSPC, ...), if it has one. */
export const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;
