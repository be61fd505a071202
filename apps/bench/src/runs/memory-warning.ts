import { totalmem } from 'node:os';
import { availableMemory } from 'node:process';

import { replayBufferBytes, rolloutBufferBytes } from '@meow-rl/replay';

import { UsageError } from '../cli/errors.ts';

const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);

/**
 * What to tell the user before a replay buffer is allocated that memory has no room for; undefined if it has.
 *
 * @param available bytes that the process can still take
 */
export function memoryWarning(
  options: Parameters<typeof replayBufferBytes>[0],
  available: number,
): string | undefined {
  const needed = replayBufferBytes(options);
  if (needed <= available) return undefined;
  const fits = Math.floor((options.capacity * available) / needed / 1000) * 1000;
  return (
    `the replay buffer of ${options.capacity} transitions takes ${gigabytes(needed)} GB as it fills, ${gigabytes(available)} GB ` +
    `of memory are available. Make it smaller with --buffer-size, for instance ${fits}.`
  );
}

/** Bytes that there are of memory. */
export interface Memory {
  /** That the process can still take. */
  readonly available: number;
  /** Of the machine. */
  readonly total: number;
}

/** As the system says now. */
export const memoryOfMachine = (): Memory => ({ available: availableMemory(), total: totalmem() });

/**
 * What to tell the user before rollouts are allocated that memory has no room for now; undefined if it has.
 *
 * @throws UsageError for rollouts that the machine has no room for: all of one has to be there before anything is learned
 */
export function rolloutMemoryWarning(
  options: Parameters<typeof rolloutBufferBytes>[0],
  { available, total }: Memory,
): string | undefined {
  const needed = rolloutBufferBytes(options);
  if (needed <= available) return undefined;
  const { steps, numEnvs } = options;
  const cause = `a rollout of ${steps} steps of ${numEnvs} environments takes ${gigabytes(needed)} GB`;
  const fits = Math.floor((steps * available) / needed);
  const remedy = `Make it shorter with --rollout-steps, below ${fits}, or take fewer environments.`;
  if (needed > total) throw new UsageError(`${cause}, and the machine has ${gigabytes(total)} GB`, remedy);
  return `${cause}, ${gigabytes(available)} GB of memory are available. ${remedy}`;
}
