/** Numbers of an info that fit into shared memory; infos with more travel as messages. */
export const INFO_WIDTH = 64;

/** Sizes that the main thread and its workers agree on. */
export interface BlockShape {
  readonly numEnvs: number;
  readonly workers: number;
  /** Entries of an observation. */
  readonly width: number;
  /** Entries of an action. */
  readonly actionWidth: number;
}

/** What the main thread asks of all workers. */
export const Command = { step: 1, reset: 2, state: 3, restore: 4, close: 5 } as const;
export type CommandName = keyof typeof Command;

/** Places in {@link SharedBlock.control}. */
export const Control = {
  /** Number of the command; a change starts the workers. */
  go: 0,
  /** Number of the last command that all workers are done with; a change wakes the main thread. */
  done: 1,
  command: 2,
  /** Workers still busy with the command; the last one to finish says so to the main thread. */
  busy: 3,
  /** From here on, two for each worker: the row it is working on (or -1), and the messages that it sent. */
  workers: 4,
} as const;

/** The memory that main thread and workers share; every row is written by one worker only. */
export interface SharedBlock {
  readonly control: Int32Array;
  readonly actions: Float64Array;
  readonly observations: Float64Array;
  readonly finalObservations: Float64Array;
  readonly rewards: Float64Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  /** [n, INFO_WIDTH] */
  readonly infoNumbers: Float64Array;
  /** [n], the number of an info's shape, or -1 where it travels as a message. */
  readonly infoShapes: Int32Array;
}

/** Bytes that {@link sharedBlock} needs. */
export function blockBytes({ numEnvs, workers, width, actionWidth }: BlockShape): number {
  const doubles = numEnvs * (actionWidth + 2 * width + 1 + INFO_WIDTH);
  const integers = Control.workers + 2 * workers + numEnvs;
  return 8 * doubles + 4 * integers + 2 * numEnvs;
}

/** The arrays of a block of memory, one after the other: numbers of 8 bytes first, so that all are aligned. */
export function sharedBlock(
  buffer: SharedArrayBuffer,
  { numEnvs, workers, width, actionWidth }: BlockShape,
): SharedBlock {
  let offset = 0;
  const take = (bytes: number) => {
    const start = offset;
    offset += bytes;
    return start;
  };
  const doubles = (count: number) => new Float64Array(buffer, take(8 * count), count);
  const integers = (count: number) => new Int32Array(buffer, take(4 * count), count);
  const bytes = (count: number) => new Uint8Array(buffer, take(count), count);
  return {
    actions: doubles(numEnvs * actionWidth),
    observations: doubles(numEnvs * width),
    finalObservations: doubles(numEnvs * width),
    rewards: doubles(numEnvs),
    infoNumbers: doubles(numEnvs * INFO_WIDTH),
    control: integers(Control.workers + 2 * workers),
    infoShapes: integers(numEnvs),
    terminated: bytes(numEnvs),
    truncated: bytes(numEnvs),
  };
}

/** Where a worker says which row it is working on. */
export const rowPlace = (worker: number) => Control.workers + 2 * worker;

/** Where a worker says how many messages it sent during the command. */
export const messagesPlace = (worker: number) => Control.workers + 2 * worker + 1;
