import { codeOf, flushFolder, nodeFileSystem, type FileSystem } from '@meow-rl/files';

/** Files that belong together. */
export interface FileSet {
  readonly folder: string;
  /** Paths of all that may be in the set. The first one is always there once it has been. */
  readonly files: readonly [string, ...string[]];
  /** Those that the new set has, the first one among them; each lies on the disk as its `draftOf`. */
  readonly drafted: ReadonlySet<string>;
}

/** Name of a file that is not yet part of the set. */
export const draftOf = (file: string): string => `${file}.draft`;

/** Name of a file of the earlier set, while the sets are exchanged. */
const previousOf = (file: string): string => `${file}.previous`;

/**
 * Puts drafts in the place of the files that they are of, and takes away the files of the set that have none.
 *
 * Files of both sets never lie side by side under their names, whenever this is cut off: there is the first file alone, or
 * with others of its own set.
 *
 * @throws Error of the file system; the files of the earlier set are then as they were, as far as it lets them be
 */
export async function exchangeFiles(
  { folder, files, drafted }: FileSet,
  fileSystem: FileSystem = nodeFileSystem,
): Promise<void> {
  const [first, ...others] = files;
  const kept = await keepCopies(files, fileSystem);
  try {
    for (const file of others) await fileSystem.remove(file);
    await flushFolder(folder, fileSystem);
    for (const file of files) if (drafted.has(file)) await fileSystem.rename(draftOf(file), file);
    await flushFolder(folder, fileSystem);
  } catch (error) {
    // In an order that never leaves files of both sets either.
    const undo = [
      ...others.map((file) => () => fileSystem.remove(file)),
      ...[first, ...others].map((file) => () => putBack(file, kept, fileSystem)),
    ];
    await inTurn(undo).catch(() => {
      // Why it was needed says more than what fails on top.
    });
    throw error;
  }
  await discardCopies(files, fileSystem);
}

/** Copies files, and returns those that are there; all of them or, if one can't be copied, none. */
async function keepCopies(files: FileSet['files'], fileSystem: FileSystem): Promise<Set<string>> {
  const kept = new Set<string>();
  try {
    for (const file of files) if (await copied(file, fileSystem)) kept.add(file);
    return kept;
  } catch (error) {
    await discardCopies(files, fileSystem);
    throw error;
  }
}

async function copied(file: string, fileSystem: FileSystem): Promise<boolean> {
  try {
    await fileSystem.copyFile(file, previousOf(file));
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

const putBack = (file: string, kept: ReadonlySet<string>, fileSystem: FileSystem): Promise<void> =>
  kept.has(file) ? fileSystem.rename(previousOf(file), file) : fileSystem.remove(file);

/** One that stays behind does no harm, and the next exchange removes it. */
async function discardCopies(files: FileSet['files'], fileSystem: FileSystem): Promise<void> {
  await Promise.allSettled(files.map((file) => fileSystem.remove(previousOf(file))));
}

async function inTurn(steps: readonly (() => Promise<void>)[]): Promise<void> {
  for (const step of steps) await step();
}
