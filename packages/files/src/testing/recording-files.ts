import path from 'node:path';

import { nodeFileSystem, type FileSystem, type OpenFile } from '../file-system.ts';

/** Files that tell in which order they were changed and flushed. */
export interface RecordingFiles extends FileSystem {
  /**
   * What was done, in order: `mkdir a`, `create a` (or begun anew), `write a`, `truncate a`, `sync a`, `copy a to b`, `rename a to b`,
   * `unlink a`, `remove a`. Paths are relative to the root, which is `.`; several writes of a file on end are one.
   */
  readonly done: string[];
}

/**
 * The real files, recorded. A kill doesn't show whether something was flushed, since the system keeps what it was given;
 * their order does.
 */
export function recordingFiles(root: string): RecordingFiles {
  const done: string[] = [];
  const name = (file: string) => path.relative(root, file).replaceAll(path.sep, '/') || '.';
  // An operation that fails has done nothing; one is recorded when it is over, since what begins before it must not count on it.
  const record = async <T>(what: string, result: Promise<T>): Promise<T> => {
    const value = await result;
    if (!(what.startsWith('write ') && done.at(-1) === what)) done.push(what);
    return value;
  };
  const wrap = (file: string, handle: OpenFile): OpenFile => ({
    write: (bytes) => record(`write ${name(file)}`, handle.write(bytes)),
    sync: () => record(`sync ${name(file)}`, handle.sync()),
    stat: () => handle.stat(),
    truncate: (bytes) => record(`truncate ${name(file)}`, handle.truncate(bytes)),
    close: () => handle.close(),
  });
  return {
    ...nodeFileSystem,
    done,
    mkdir: (folder) => record(`mkdir ${name(folder)}`, nodeFileSystem.mkdir(folder)),
    copyFile: (from, to) => record(`copy ${name(from)} to ${name(to)}`, nodeFileSystem.copyFile(from, to)),
    rename: (from, to) => record(`rename ${name(from)} to ${name(to)}`, nodeFileSystem.rename(from, to)),
    unlink: (file) => record(`unlink ${name(file)}`, nodeFileSystem.unlink(file)),
    remove: (file) => record(`remove ${name(file)}`, nodeFileSystem.remove(file)),
    open: async (file, flags) => {
      const opening = nodeFileSystem.open(file, flags);
      return wrap(file, await (flags === 'r' ? opening : record(`create ${name(file)}`, opening)));
    },
  };
}
