import type { LogPosition, RunLogger, TrainEvent } from '@meow-rl/train';

import { CliError, reasonOf, UsageError } from '../cli/errors.ts';

const EXPECTED =
  'A logger is { log(event), close() }, and position() if it can be gone back in; see docs/logging.md.';

/** What a logger's file could give: nothing is known of it yet. */
type Unchecked = Partial<Record<keyof RunLogger, unknown>>;

const isRecord = (value: unknown): value is Unchecked => typeof value === 'object' && value !== null;

const isLogger = (value: Unchecked): value is Unchecked & RunLogger =>
  typeof value.log === 'function' &&
  typeof value.close === 'function' &&
  (value.position === undefined || typeof value.position === 'function');

function problemOf(made: unknown): string | undefined {
  if (!isRecord(made)) return `gave ${made === null ? 'null' : typeof made}`;
  if (isLogger(made)) return undefined;
  const missing = (['log', 'close'] as const).find((name) => made[name] === undefined);
  if (missing) return `has no ${missing}`;
  const wrong = (['log', 'close', 'position'] as const).find(
    (name) => made[name] !== undefined && typeof made[name] !== 'function',
  );
  return `has a ${wrong} that is no function`;
}

/**
 * Makes a logger of one's own, of which every failure names the file.
 *
 * @param make what the file exports
 * @throws UsageError if what it makes is no logger, CliError if making it fails
 */
export async function userLogger(file: string, make: () => unknown): Promise<RunLogger> {
  const blame = async <T>(where: string, work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      // What it costs, and how to go on, is said by whoever knows.
      throw new Error(`the logger ${file} failed in ${where}: ${reasonOf(error)}.`, { cause: error });
    }
  };
  const made = await Promise.resolve()
    .then(make)
    .catch((error: unknown) => {
      throw new CliError(`the logger ${file} can't be made: ${reasonOf(error)}`, EXPECTED, { cause: error });
    });
  const problem = problemOf(made);
  if (problem !== undefined || !isRecord(made) || !isLogger(made))
    throw new UsageError(`the logger ${file} ${problem}`, EXPECTED);
  return {
    log: (event: TrainEvent) =>
      blame(`log(event) of type ${event.type} at step ${event.step}`, () => made.log(event)),
    position: () => blame('position()', async () => checkedPosition(await made.position?.())),
    close: () => blame('close()', () => made.close()),
  };
}

/** Kept in checkpoints and compared with files when the run is resumed, long after whoever gave it is gone. */
function checkedPosition(position: LogPosition = {}): LogPosition {
  const lengths: unknown[] = isRecord(position) ? Object.values(position) : [undefined];
  if (lengths.every((bytes) => Number.isSafeInteger(bytes) && Number(bytes) >= 0)) return position;
  throw new TypeError(
    `it gave ${JSON.stringify(position)}, expected the length in bytes of each file by name`,
  );
}
