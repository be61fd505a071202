import { replayBufferBytes } from '@meow-rl/replay';

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
