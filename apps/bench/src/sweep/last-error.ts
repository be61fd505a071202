/** The error that the command line said last. */
export const lastError = (output: string): string | undefined =>
  output
    .split('\n')
    .findLast((line) => line.startsWith('meow-bench: '))
    ?.replace('meow-bench: ', '');

/** Why a process failed. What one said that was killed were warnings. */
export const failureOf = (code: number | null, signal: NodeJS.Signals | null, output: string): string =>
  signal ? `killed by ${signal}` : (lastError(output) ?? `ended with exit code ${code}`);
