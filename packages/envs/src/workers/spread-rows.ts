/** The rows of one worker: from `first`, `count` of them. */
export interface RowBlock {
  readonly first: number;
  readonly count: number;
}

/**
 * Deals rows to workers in blocks whose sizes differ by one at most; no more workers than rows.
 *
 * @throws RangeError unless both are positive integers
 */
export function spreadRows(numEnvs: number, workers: number, where: string): readonly RowBlock[] {
  for (const [name, value] of Object.entries({ numEnvs, workers })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new RangeError(`${where}: ${name} is ${value}, expected a positive integer.`);
  }
  const blocks = Math.min(workers, numEnvs);
  const start = (block: number) => Math.floor((block * numEnvs) / blocks);
  return Array.from({ length: blocks }, (_, block) => ({
    first: start(block),
    count: start(block + 1) - start(block),
  }));
}
