import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** A machine, as a report names it. */
export interface Machine {
  /** Model of the processor. */
  readonly processor: string;
  /** Cores that this process may use. */
  readonly cores: number;
  readonly memoryGibibytes: number;
  readonly system: string;
  readonly node: string;
}

/** The machine that this runs on. */
export const thisMachine = (): Machine => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown processor',
  cores: availableParallelism(),
  memoryGibibytes: totalmem() / 2 ** 30,
  system: `${type()} ${release()}`,
  node: process.versions.node,
});
