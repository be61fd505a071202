import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/meow-bench.js', import.meta.url));

/** A process of the built command line, as a user starts it. */
export const startBench = (...argv: string[]) => startNode([], ...argv);

/** The same with arguments for Node. */
export function startNode(nodeArguments: readonly string[], ...argv: string[]) {
  const child = spawn(process.execPath, [...nodeArguments, bin, ...argv, '--quiet'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal, err }));
  /** Waits until it has said something on stderr. */
  const said = async (text: string): Promise<void> => {
    while (!err.includes(text))
      await Promise.race([
        once(child.stderr, 'data'),
        ended.then(() => {
          throw new Error(`it ended and said only: ${err}`);
        }),
      ]);
  };
  return { child, ended, said };
}
