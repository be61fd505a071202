import type { ReproduceConfig } from '../commands/reproduce.ts';

/** How a figure was asked for. */
export interface ReproduceRequest extends ReproduceConfig {
  /** The command, for the report. */
  readonly command: string;
  /** Measures and says what would be run, and runs nothing. */
  readonly dryRun: boolean;
}
