import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { ParameterValues } from '@meow-rl/graph';

type Rows = readonly (readonly number[])[];

/** Settings as `flow-layers.json` names them. */
export type LayerConfig = {
  readonly obsDim: number;
  readonly actDim: number;
} & (
  | {
      readonly layer: 'affineCoupling';
      readonly mask: readonly number[];
      readonly hidden: readonly number[];
      readonly scaleMax: number;
    }
  | {
      readonly layer: 'splineCoupling';
      readonly mask: readonly number[];
      readonly hidden: readonly number[];
      readonly bins: number;
      readonly bound: number;
      readonly minWidth: number;
      readonly minHeight: number;
      readonly minDerivative: number;
    }
  | { readonly layer: 'luLinear'; readonly minDiagonal: number }
);

/** A layer's parameters, points and what it makes of them in both directions. */
export interface LayerCase<C extends LayerConfig = LayerConfig> {
  readonly name: string;
  readonly config: C;
  readonly params: ParameterValues;
  readonly obs: Rows;
  readonly z: Rows;
  readonly a: Rows;
  readonly forward: Rows;
  readonly forwardLogDet: readonly number[];
  readonly inverse: Rows;
  readonly inverseLogDet: readonly number[];
}

/** The cases of `flow-layers.json`, from GOLDEN_DIR or this package's fixtures. */
export function readLayers(): LayerCase[] {
  const folder = process.env['GOLDEN_DIR'] ?? fileURLToPath(new URL('../../fixtures', import.meta.url));
  const cases: LayerCase[] = JSON.parse(readFileSync(path.resolve(folder, 'flow-layers.json'), 'utf8'));
  return cases;
}
