import { CliError } from '../cli/errors.ts';
import { isCurves } from './find-runs.ts';
import { groupRuns, type RunGroup } from './group-runs.ts';
import { describeLeftOut, type LeftOut } from './left-out.ts';
import { readCurves } from './read-curves.ts';
import { readRun, type ReadRunOptions, type Run } from './read-run.ts';
import { OF_CURVES } from './run-settings.ts';

/** Runs that can be compared, and what is to be said of them and of others. */
export interface ReadGroups {
  readonly groups: readonly RunGroup[];
  /** What the reader should know of runs that count. */
  readonly notes: readonly { readonly folder: string; readonly note: string }[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Reads runs and groups them by environment, algorithm and settings.
 *
 * @param sources folders of runs, and files of curves
 */
export async function readGroups(sources: readonly string[], options: ReadRunOptions): Promise<ReadGroups> {
  const readSources = await Promise.all(
    sources.map(async (source) =>
      isCurves(source) ? readCurves(source, options) : [await readRun(source, options)],
    ),
  );
  const read = readSources.flat();
  const unreadable = read.flatMap((result) => ('run' in result ? [] : [result]));
  const { groups, leftOut: copies } = groupRuns(
    read.flatMap((result) => ('run' in result ? [result.run] : [])),
  );
  const notes = groups.flatMap(({ runs }) =>
    runs.flatMap((run) =>
      [...run.notes, ...unlikeFirst(run, runs[0])].map((note) => ({ folder: run.folder, note })),
    ),
  );
  return { groups, notes, leftOut: [...unreadable, ...copies] };
}

/** What a run has other than the first of its group, of what leaves the training alone and shows in curves. */
function unlikeFirst({ config }: Run, first: Run | undefined): string[] {
  const differing = OF_CURVES.filter(
    (name) => first && name in config && name in first.config && config[name] !== first.config[name],
  );
  return differing.map(
    (name) =>
      `${name} is ${String(config[name])}, and ${String(first?.config[name])} in ${first?.folder ?? ''}`,
  );
}

/** Throws CliError where there is nothing to compare, saying why. */
export function checkComparable({ groups, leftOut }: ReadGroups): void {
  if (groups.length > 0) return;
  const lacking = new Set(leftOut.map(({ lacks }) => lacks));
  throw new CliError(
    `none of the runs can be compared: ${leftOut.map(describeLeftOut).join('; ')}`,
    lacking.has('first-evaluation')
      ? 'Wait for their first evaluation, or give others.'
      : lacking.has('earlier-evaluation')
        ? 'Give a later step with --until, or others.'
        : 'Mend what is said of them, or give others.',
  );
}
