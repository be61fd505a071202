import { analyse, type AnalyseOptions, type Comparison } from './analyse.ts';
import { readGroups, type ReadGroups } from './read-groups.ts';
import type { ReadRunOptions } from './read-run.ts';

/** Runs by one kind of their returns, and what these say. */
export interface ComparedRuns extends ReadGroups {
  readonly comparison: Comparison;
}

/** Reads runs and compares those that can be; there may be none. */
export async function compareRuns(
  folders: readonly string[],
  options: AnalyseOptions & ReadRunOptions,
): Promise<ComparedRuns> {
  const read = await readGroups(folders, options);
  return { ...read, comparison: analyse(read.groups, options) };
}
