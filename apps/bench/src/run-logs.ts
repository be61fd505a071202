import { pathToFileURL } from 'node:url';

import { composeLoggers } from '@meow-rl/train';
import type { LogPosition, RunLogger } from '@meow-rl/train';
import { checkLogPosition, metricsWriter, tensorBoardWriter } from '@meow-rl/train/node';

import { UsageError } from './errors.ts';
import type { ResolvedTrain } from './resolve.ts';
import type { RunFolder } from './run-folder.ts';

/** What a module that `--logger` names exports by default. */
export type MakeLogger = (run: {
  /** The run's folder. */
  readonly folder: string;
  readonly settings: ResolvedTrain;
  /** Where the run goes on, if it does: what a checkpoint kept of the logger's position. */
  readonly position: LogPosition | undefined;
}) => RunLogger | Promise<RunLogger>;

/**
 * Sees to all that can go wrong with a run's logs before any is cut back to a position, and makes the user's own logger.
 *
 * @returns none if the settings name no logger
 */
export async function prepareLogs(
  folder: RunFolder,
  settings: ResolvedTrain,
  position: LogPosition | undefined,
): Promise<readonly RunLogger[]> {
  if (position) await checkLogPosition(folder.path, position);
  if (settings.logger === undefined) return [];
  const make = await importLogger(settings.logger);
  return [await make({ folder: folder.path, settings, position })];
}

/**
 * The loggers of a run, continued where `position` says.
 *
 * @param own what {@link prepareLogs} gave; closed with the others
 */
export async function openLogs(
  folder: RunFolder,
  { noTensorboard }: ResolvedTrain,
  position: LogPosition | undefined,
  own: readonly RunLogger[],
): Promise<Required<RunLogger>> {
  const at = position ? { position } : {};
  const open = [...own];
  try {
    open.push(await metricsWriter(folder.file('metrics.jsonl'), at));
    if (!noTensorboard) open.push(await tensorBoardWriter(folder.path, at));
    return composeLoggers(open);
  } catch (error) {
    await Promise.allSettled(open.map((logger) => logger.close()));
    throw error;
  }
}

const isMakeLogger = (value: unknown): value is MakeLogger => typeof value === 'function';

async function importLogger(file: string): Promise<MakeLogger> {
  const remedy = 'Name a module whose default export is a function that gives a RunLogger.';
  const found: { readonly default?: unknown } = await import(pathToFileURL(file).href).catch(
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UsageError(`the logger ${file} can't be imported (${reason})`, remedy);
    },
  );
  if (isMakeLogger(found.default)) return found.default;
  throw new UsageError(`the logger ${file} has no function as default export`, remedy);
}
