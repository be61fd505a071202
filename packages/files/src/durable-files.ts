import path from 'node:path';

import { codeOf, nodeFileSystem, type FileSystem, type OpenFile } from './file-system.ts';

/** Writes all of the bytes at an open file's end. */
export async function writeAll(file: OpenFile, content: Uint8Array | string): Promise<void> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  // Not writeFile, which goes through the event loop every 512 KiB: while training, each turn takes an update's time.
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes.subarray(at))).bytesWritten;
}

/** Writes a file and waits until the disk has its content. Its name lasts once the folder is flushed. */
export async function writeAndFlush(
  file: string,
  content: Uint8Array | string,
  files: FileSystem = nodeFileSystem,
): Promise<void> {
  const handle = await files.open(file, 'w');
  try {
    await writeAll(handle, content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Waits until the disk has the names in a folder: new ones, changed ones, those that are gone. */
export async function flushFolder(folder: string, files: FileSystem = nodeFileSystem): Promise<void> {
  // Windows can't open folders, and keeps their names by itself.
  if (process.platform === 'win32') return;
  const handle = await files.open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network drives have no flushing of folders.
    if (!UNSUPPORTED.has(String(codeOf(error)))) throw error;
  } finally {
    await handle.close();
  }
}

const UNSUPPORTED: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP']);

/**
 * Writes a file so that at every instant it is either absent, whole as before, or whole as now: under another name,
 * flushed, then renamed. The renaming itself lasts only once the folder is flushed, see {@link flushFolder}.
 *
 * @param temporary the other name, in the same folder; a process that is killed leaves it behind
 */
export async function writeWhole(
  file: string,
  content: Uint8Array | string,
  files: FileSystem = nodeFileSystem,
  temporary = `${file}.tmp`,
): Promise<void> {
  try {
    await writeAndFlush(temporary, content, files);
    await files.rename(temporary, file);
  } catch (error) {
    // The first error is the one to tell.
    await files.unlink(temporary).catch(() => {});
    throw error;
  }
}

/** Writes a file whole or not at all, and waits until it lasts. Whoever is killed in between leaves the file as it was. */
export async function replaceFile(
  file: string,
  content: Uint8Array | string,
  files: FileSystem = nodeFileSystem,
): Promise<void> {
  const folder = path.dirname(file);
  // A name of its own for each process, since several may write the same file.
  await writeWhole(file, content, files, path.join(folder, `.${path.basename(file)}.${process.pid}.tmp`));
  await flushFolder(folder, files);
}
