import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bin/meow-bench.js', import.meta.url));

/** A process of the command line, as a user starts it, but of the sources: a build may be old, or missing. */
export const startBench = (...argv: string[]) => startNode([], ...argv);

/** The same with arguments for Node. */
export function startNode(nodeArguments: readonly string[], ...argv: string[]) {
  // Those of this process have Node read sources.
  const sources = process.execArgv;
  const child = spawn(process.execPath, [...sources, ...nodeArguments, program, ...argv, '--quiet'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal, err }));
  const early = ended.then(({ code, signal }) => {
    throw new Error(`it ended with ${code ?? signal} before that, and said: ${err}`);
  });
  // Told to whoever waits for something of it.
  early.catch(() => {});
  /**
   * Waits until something holds.
   *
   * @throws Error if it has ended before
   */
  const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await holds())) await Promise.race([pause(20), early]);
  };
  /** The same for something that it is to say on stderr. */
  const untilSaid = (text: string) => until(() => err.includes(text));
  return { child, ended, until, untilSaid };
}
