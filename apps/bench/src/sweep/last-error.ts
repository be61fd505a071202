/** The error that the command line said last. */
export const lastError = (output: string): string | undefined =>
  output
    .split('\n')
    .findLast((line) => line.startsWith('meow-bench: '))
    ?.replace('meow-bench: ', '');
