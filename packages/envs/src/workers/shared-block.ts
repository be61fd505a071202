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

/** The memory that main thread and workers share; every row is written by one worker only. */
export interface SharedBlock {
  /** [workers], the row that a worker is working on, or -1. */
  readonly rowOf: Int32Array;
  /** [workers], the messages that a worker sent during the command. */
  readonly messagesOf: Int32Array;
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
  const integers = 2 * workers + numEnvs;
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
    rowOf: integers(workers),
    messagesOf: integers(workers),
    infoShapes: integers(numEnvs),
    terminated: bytes(numEnvs),
    truncated: bytes(numEnvs),
  };
}
