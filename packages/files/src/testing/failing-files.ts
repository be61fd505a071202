import { nodeFileSystem, type FileSystem, type OpenFile } from '../file-system.ts';

/** Files whose operation number `failAt` fails, as do all after it if the process is to have died there. */
export interface FailingFiles extends FileSystem {
  /** Operations so far. */
  readonly count: number;
}

/** An error with a code, as the system gives. */
export const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: made by a test`), { code });

/**
 * The real files until operation `failAt` (counted from 0). A write that fails leaves half of its bytes.
 *
 * @param dead whether everything after it fails too, as when the process was killed; or from which operation on
 */
export function failingFiles(
  failAt: number,
  { dead, code }: { dead: boolean | number; code: string },
): FailingFiles {
  const deadFrom = dead === false ? Number.POSITIVE_INFINITY : dead === true ? failAt : dead;
  let count = 0;
  const attempt = async <T>(operation: () => Promise<T>, instead?: () => Promise<unknown>): Promise<T> => {
    const index = count;
    count += 1;
    if (index === failAt) await instead?.();
    if (index === failAt || index >= deadFrom) throw systemError(code);
    return operation();
  };
  const wrap = (handle: OpenFile): OpenFile => ({
    write: (bytes) =>
      attempt(
        () => handle.write(bytes),
        () => handle.write(bytes.subarray(0, bytes.length / 2)),
      ),
    sync: () => attempt(() => handle.sync()),
    stat: () => attempt(() => handle.stat()),
    truncate: (bytes) => attempt(() => handle.truncate(bytes)),
    // Closed in any case: a process that dies closes its files too.
    close: async () => {
      await handle.close();
      await attempt(async () => {});
    },
  });
  return {
    get count() {
      return count;
    },
    mkdir: (folder) => attempt(() => nodeFileSystem.mkdir(folder)),
    readdir: (folder) => attempt(() => nodeFileSystem.readdir(folder)),
    readFile: (file) => attempt(() => nodeFileSystem.readFile(file)),
    copyFile: (from, to) => attempt(() => nodeFileSystem.copyFile(from, to)),
    rename: (from, to) => attempt(() => nodeFileSystem.rename(from, to)),
    unlink: (file) => attempt(() => nodeFileSystem.unlink(file)),
    remove: (file) => attempt(() => nodeFileSystem.remove(file)),
    open: (file, flags) => attempt(async () => wrap(await nodeFileSystem.open(file, flags))),
  };
}
