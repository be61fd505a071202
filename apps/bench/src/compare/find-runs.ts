import { stat } from 'node:fs/promises';
import path from 'node:path';

import { glob } from 'tinyglobby';

import { hasCode, UsageError } from '../cli/errors.ts';

/** What a run's folder holds at least one of. */
const SIGNS_OF_A_RUN = '**/{config.json,metrics.jsonl}';

/** Whether a source is a file of curves. */
export const isCurves = (source: string): boolean => source.toLowerCase().endsWith('.csv');

/**
 * The folders of the runs in and below the given ones, sorted and each once; files of curves (.csv) stay as they are. A pattern such as `runs/Hopper-*` stands for
 * the folders that it matches, for shells that leave it as it is.
 *
 * @throws UsageError if a folder does not exist, a pattern matches none, or there is no run below it
 */
export async function findRuns(sources: readonly string[]): Promise<string[]> {
  const folders = await Promise.all(sources.map(runsIn));
  return [...new Set(folders.flat())].toSorted();
}

async function runsIn(source: string): Promise<string[]> {
  if (isCurves(source) && !(await isFolder(source))) return filesOfCurves(source);
  const folders = (await isFolder(source)) ? [source] : await matching(source);
  const signs = await Promise.all(
    folders.map(async (folder) =>
      (
        await glob(SIGNS_OF_A_RUN, {
          cwd: folder,
          followSymbolicLinks: false,
          ignore: ['**/node_modules/**'],
        })
      ).map((sign) => path.join(folder, path.dirname(sign))),
    ),
  );
  const runs = signs.flat();
  if (runs.length > 0) return runs;
  throw new UsageError(
    `${source} holds no runs: there is no config.json in it or below`,
    'Give folders that "meow-bench train" wrote, or one that they lie in.',
  );
}

async function filesOfCurves(pattern: string): Promise<string[]> {
  if (await exists(pattern)) return [pattern];
  const files = await glob(pattern.replaceAll(path.sep, '/'), { expandDirectories: false });
  if (files.length > 0) return files.map((file) => path.normalize(file));
  throw new UsageError(
    `there is no file ${pattern}`,
    'Give a curves.csv that "meow-bench compare --out" wrote, or folders of runs.',
  );
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

async function isFolder(source: string): Promise<boolean> {
  try {
    return (await stat(source)).isDirectory();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

async function matching(pattern: string): Promise<string[]> {
  const folders = await glob(pattern.replaceAll(path.sep, '/'), {
    onlyDirectories: true,
    expandDirectories: false,
  });
  if (folders.length > 0) return folders.map((folder) => path.normalize(folder));
  throw new UsageError(
    `there is no folder ${pattern}`,
    'Give folders of runs, or one that they lie in, such as runs.',
  );
}
