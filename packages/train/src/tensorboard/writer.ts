import { join } from 'node:path';

import type { FileSystem } from '@meow-rl/files';

import { appendFile } from '../loggers/append-file.ts';
import type { LogPosition, RunLogger } from '../loggers/run-logger.ts';
import { scalarsOf } from '../loggers/scalars.ts';
import { encodeEvent } from './event.ts';
import { encodeRecord } from './record.ts';

/** TensorBoard looks for files whose names contain this. */
const FILE_PREFIX = 'events.out.tfevents.';

/** A TensorBoard event file. */
export interface TensorBoardWriter extends RunLogger {
  /** The event file. */
  readonly path: string;
  log(event: Parameters<RunLogger['log']>[0]): Promise<void>;
  /**
   * Writes numbers of one's own, by names such as `train/temperature`.
   *
   * @throws RangeError for a number that no 32-bit float holds, or a step that is no whole number; nothing is then written
   */
  scalars(step: number, values: Readonly<Record<string, number>>): Promise<void>;
  position(): Promise<LogPosition>;
  close(): Promise<void>;
}

/** Options of {@link tensorBoardWriter}. */
export interface TensorBoardWriterOptions {
  /**
   * Where to go on: the {@link RunLogger.position} that a checkpoint kept. The file is cut to it and continued. If it
   * names no event file, because the run was begun without one, a new one is begun.
   */
  readonly position?: LogPosition | undefined;
  /** The time in milliseconds since 1970, which events are stamped with. Default: `Date.now`. */
  readonly now?: () => number;
  /** Default: Node's files. */
  readonly files?: FileSystem;
}

/**
 * Opens an event file in a folder, making that if need be, to log a run for TensorBoard: `tensorboard --logdir runs`.
 *
 * The names are those of {@link scalarsOf}.
 *
 * @throws Error if the file can't be written, or is shorter than the position says
 */
export async function tensorBoardWriter(
  folder: string,
  { position = {}, now = Date.now, files }: TensorBoardWriterOptions = {},
): Promise<TensorBoardWriter> {
  const known = Object.keys(position).find((file) => file.startsWith(FILE_PREFIX));
  // TensorBoard reads the files of a folder in the order of their names, so the time comes first, in seconds.
  const name = known ?? `${FILE_PREFIX}${Math.floor(now() / 1000)}.meow-rl.${process.pid}`;
  const path = join(folder, name);
  const bytes = known === undefined ? undefined : position[known];
  const file = await appendFile(path, { bytes, files });
  const seconds = () => now() / 1000;
  const write = (event: Parameters<typeof encodeEvent>[0]) => file.append(encodeRecord(encodeEvent(event)));

  const scalars: TensorBoardWriter['scalars'] = async (step, values) => {
    if (!Number.isSafeInteger(step))
      throw new RangeError(
        `tensorBoardWriter: step is ${step}, expected a whole number. Give the environment steps so far.`,
      );
    for (const [tag, value] of Object.entries(values)) {
      if (Number.isFinite(Math.fround(value))) continue;
      const remedy = Number.isFinite(value)
        ? 'Scale it down, or log its logarithm.'
        : 'Find out where it comes from; leave out a number that there is none of.';
      throw new RangeError(
        `tensorBoardWriter: ${tag} at step ${step} is ${value}, expected a finite 32-bit float, as event files hold. ${remedy}`,
      );
    }
    if (Object.keys(values).length > 0) await write({ wallTime: seconds(), step, scalars: values });
  };

  if (known === undefined)
    await write({ wallTime: seconds(), step: 0, fileVersion: 'brain.Event:2', scalars: {} });
  return {
    path,
    scalars,
    log: (event) => scalars(event.step, scalarsOf(event)),
    position: async () => ({ [name]: await file.position() }),
    close: () => file.close(),
  };
}
