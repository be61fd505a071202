import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Writes a file and waits until the disk has it. */
export async function writeAndSync(file: string, content: Uint8Array | string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Waits until the disk has the names in a folder: new files, renamed ones, deleted ones. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows can't open folders; it keeps names with the files.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file whole or not at all: to a temporary name beside it, flushed, renamed. Whoever is killed in between leaves
 * the file as it was.
 */
export async function replaceFile(file: string, content: Uint8Array | string): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
  try {
    await writeAndSync(temporary, content);
    await rename(temporary, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
