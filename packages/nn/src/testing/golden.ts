import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ParameterValues } from '@meow-rl/graph';

/** Settings that the golden files of policies share. */
interface PolicyConfig {
  readonly obsDim: number;
  readonly actDim: number;
  readonly hidden: readonly number[];
}

type Rows = readonly (readonly number[])[];

/** What is read of `sac-update.json`. */
export interface SacCase {
  readonly name: string;
  readonly config: PolicyConfig & { readonly logStdMin: number; readonly logStdMax: number };
  readonly params: ParameterValues;
  readonly batches: readonly {
    readonly obs: Rows;
    readonly nextObs: Rows;
    readonly noise: Rows;
    readonly noiseNext: Rows;
  }[];
  readonly steps: readonly {
    readonly action: Rows;
    readonly logProb: readonly number[];
    readonly nextAction: Rows;
    readonly nextLogProb: readonly number[];
  }[];
}

/** What is read of `ppo-update.json`. */
export interface PpoCase {
  readonly name: string;
  readonly config: PolicyConfig;
  readonly params: ParameterValues;
  readonly rollout: { readonly obs: readonly Rows[]; readonly act: readonly Rows[] };
  readonly permutations: readonly (readonly number[])[];
  readonly logProb: Rows;
  readonly steps: readonly { readonly entropy: number }[];
}

/** Where golden files lie: GOLDEN_DIR, or this package's fixtures. */
const folder = process.env['GOLDEN_DIR'] ?? fileURLToPath(new URL('../../fixtures', import.meta.url));

export function readGolden<T>(name: string): T[] {
  const cases: T[] = JSON.parse(readFileSync(path.resolve(folder, name), 'utf8'));
  return cases;
}

/** The parameters of a network, whose names begin with `<network>.`. */
export const parametersOf = (network: string, params: ParameterValues): ParameterValues =>
  Object.fromEntries(Object.entries(params).filter(([name]) => name.startsWith(`${network}.`)));
