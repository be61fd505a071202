import type { CompareConfig } from '../commands/compare.ts';

/** Settings of a comparison, and the command that it was asked for with. */
export interface CompareRequest extends CompareConfig {
  readonly command: string;
}
