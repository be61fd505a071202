import { CommanderError } from 'commander';
import { describeError, exitCodeOf, stackOf } from './errors.ts';
import { createProgram } from './program.ts';
import type { Io } from './ui.ts';

/**
 * Runs the command line. An error becomes one line on stderr, `meow-bench: <cause>. <remedy>`, with its stack below it
 * only with `--verbose`.
 *
 * @param argv arguments after the program's name
 * @returns the exit code: 0, 1 for a failure, 2 for wrong usage
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    await createProgram(io).parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    // Help and version: what there is to say has been printed.
    if (error instanceof CommanderError) return exitCodeOf(error);
    io.stderr.write(`meow-bench: ${describeError(error)}\n`);
    // Looked up by hand: after a usage error the options haven't all been parsed.
    if (argv.includes('--verbose')) io.stderr.write(`${stackOf(error)}\n`);
    return exitCodeOf(error);
  }
}
