import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

import { composeLoggers } from '@meow-rl/train';
import type { LogPosition, RunLogger } from '@meow-rl/train';
import { checkLogPosition, damagedCheckpoint, metricsWriter, tensorBoardWriter } from '@meow-rl/train/node';
import type { RestoredRun } from '@meow-rl/train/node';

import { CliError, reasonOf, UsageError } from '../cli/errors.ts';
import { importModule } from '../modules/import-module.ts';
import { userLogger } from './user-logger.ts';
import { logTally, type LogTally } from './log-tally.ts';
import { readEvents } from './read-events.ts';
import type { ResolvedTrain } from './resolve.ts';
import { CHECKPOINTS } from './run-checkpoints.ts';
import { METRICS } from './run-files.ts';
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
 * What a run had logged when a checkpoint was saved. Nothing on the disk changes.
 *
 * @throws CliError if a log is cut or damaged before there, naming an earlier checkpoint that it is whole up to
 */
export async function readLogs(
  folder: RunFolder,
  settings: ResolvedTrain,
  { step, log }: Pick<RestoredRun, 'step' | 'log'>,
): Promise<LogTally> {
  const read = async (position: LogPosition) => {
    await checkLogPosition(folder.path, openedOf(position, settings));
    const tally = logTally();
    for await (const event of readEvents(folder.file(METRICS), position[METRICS])) tally.add(event);
    return tally;
  };
  try {
    return await read(log);
  } catch (error) {
    const fits = (position: LogPosition) =>
      read(position).then(
        () => true,
        () => false,
      );
    const { statement, earlier, stepsLost } = await damagedCheckpoint(
      error,
      folder.file(CHECKPOINTS),
      step,
      fits,
    );
    const back =
      earlier === undefined
        ? ''
        : `Take ${earlier} with --from ${earlier}: ${stepsLost} steps are then lost. `;
    throw new CliError(
      statement,
      `${back}Checkpoint ${step} itself is whole: lose nothing but that log with: meow-bench train --resume ${folder.path} --from ${step} --new-log; ` +
        `or write its policy with: meow-bench export ${folder.path} --checkpoint ${step}`,
      { cause: error },
    );
  }
}

/**
 * Renames the logs that a checkpoint knows of, as far as they are there: others are begun under their names. Those that were set
 * aside before stay as they are.
 */
export async function setLogsAside(
  folder: RunFolder,
  { step, log }: Pick<RestoredRun, 'step' | 'log'>,
): Promise<void> {
  const names = Object.keys(log).filter((name) => existsSync(folder.file(name)));
  let count = 1;
  const aside = (name: string) => folder.file(`lost-before-${step}${count > 1 ? `-${count}` : ''}.${name}`);
  while (names.some((name) => existsSync(aside(name)))) count += 1;
  for (const name of names) await rename(folder.file(name), aside(name));
}

/** Of the files of a position those that will be written to again. */
const openedOf = (position: LogPosition, { noTensorboard }: ResolvedTrain): LogPosition =>
  Object.fromEntries(
    Object.entries(position).filter(([name]) => !(noTensorboard && name.startsWith('events.out.tfevents.'))),
  );

/**
 * Makes the user's own logger, before any log is cut back to a position.
 *
 * @returns none if the settings name no logger
 */
export async function prepareLogs(
  folder: RunFolder,
  settings: ResolvedTrain,
  position: LogPosition | undefined,
): Promise<readonly RunLogger[]> {
  if (settings.logger === undefined) return [];
  const make = await importLogger(settings.logger);
  return [await userLogger(settings.logger, () => make({ folder: folder.path, settings, position }))];
}

/**
 * The loggers of a run, continued where `position` says.
 *
 * @param userLoggers what {@link prepareLogs} gave; closed with the others
 */
export async function openLogs(
  folder: RunFolder,
  { noTensorboard }: ResolvedTrain,
  position: LogPosition | undefined,
  userLoggers: readonly RunLogger[],
): Promise<Required<RunLogger>> {
  const at = position ? { position } : {};
  const open = [...userLoggers];
  try {
    open.push(await metricsWriter(folder.file(METRICS), at));
    if (!noTensorboard) open.push(await tensorBoardWriter(folder.path, at));
    return composeLoggers(open);
  } catch (error) {
    await Promise.allSettled(open.map((logger) => logger.close()));
    throw error;
  }
}

const isMakeLogger = (value: unknown): value is MakeLogger => typeof value === 'function';

/**
 * What makes the user's own logger.
 *
 * @throws UsageError if its module can't be imported or exports none
 */
export async function importLogger(file: string): Promise<MakeLogger> {
  const remedy = 'Name a module whose default export is a function that gives a RunLogger.';
  const exported = await importModule(pathToFileURL(file).href).catch((error: unknown) => {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`the logger ${file} can't be imported (${reasonOf(error)})`, remedy, {
      cause: error,
    });
  });
  const make: unknown = Reflect.get(exported, 'default');
  if (isMakeLogger(make)) return make;
  throw new UsageError(`the logger ${file} has no function as default export`, remedy);
}
