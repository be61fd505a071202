import path from 'node:path';
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

/** The loggers of a run, continued where `position` says. */
export async function openLogs(
  folder: RunFolder,
  settings: ResolvedTrain,
  position: LogPosition | undefined,
): Promise<Required<RunLogger>> {
  // Before one of them is cut back to it, which can't be undone.
  if (position) await checkLogPosition(folder.path, position);
  const make = settings.logger === undefined ? undefined : await importLogger(settings.logger);
  const at = position ? { position } : {};
  const open: RunLogger[] = [];
  try {
    open.push(await metricsWriter(folder.file('metrics.jsonl'), at));
    if (!settings.noTensorboard) open.push(await tensorBoardWriter(folder.path, at));
    if (make) open.push(await make({ folder: folder.path, settings, position }));
    return composeLoggers(open);
  } catch (error) {
    await Promise.allSettled(open.map((logger) => logger.close()));
    throw error;
  }
}

const isMakeLogger = (value: unknown): value is MakeLogger => typeof value === 'function';

async function importLogger(file: string): Promise<MakeLogger> {
  const remedy = 'Name a module whose default export is a function that gives a RunLogger.';
  const found: { readonly default?: unknown } = await import(pathToFileURL(path.resolve(file)).href).catch(
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UsageError(`the logger ${file} can't be imported (${reason})`, remedy);
    },
  );
  if (isMakeLogger(found.default)) return found.default;
  throw new UsageError(`the logger ${file} has no function as default export`, remedy);
}
