import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/**
 * Waits for a child that ends when its standard input does, and ends it when `stop` aborts.
 *
 * @returns its exit code, or the signal that ended it
 */
export async function endedChild(
  child: ChildProcess,
  stop: AbortSignal,
): Promise<readonly [code: number | null, signal: NodeJS.Signals | null]> {
  // One that has ended breaks the pipe; how it ended is for the caller to say.
  child.stdin?.on('error', () => {});
  const end = () => void child.stdin?.end();
  stop.addEventListener('abort', end, { once: true });
  if (stop.aborted) end();
  const [code, signal] = await once(child, 'exit');
  stop.removeEventListener('abort', end);
  return [code, signal];
}
