import { add, exp, mul, neg, split, sub, sum, tanh } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

import type { CouplingTransform } from '../coupling.ts';

export interface AffineOptions {
  /** Largest |log scale| of an entry, up to 40; default 2. */
  readonly scaleMax?: number;
}

/**
 * Scale and shift, with the conditioner's output [raw scales, shifts]:
 *
 *     log σ = scaleMax · tanh(raw)
 *     a = z σ + t,   z = (a − t) / σ,   log slope = log σ
 *
 * @throws RangeError unless scaleMax is above 0 and at most 40: beyond, squares of the scale leave 32-bit floats
 *
 * Reference: Dinh et al., Real NVP (2017), section 3.2 and, of the bounded scale, section 4.1.
 */
export function affine({ scaleMax = 2 }: AffineOptions = {}): CouplingTransform {
  if (!(scaleMax > 0 && scaleMax <= 40))
    throw new RangeError(
      `affine: scaleMax must be a number above 0 and up to 40, got ${scaleMax}. Beyond, squares of the scale leave 32-bit floats; 2 is usual.`,
    );
  const parts = (raw: Tensor, moved: Tensor): { logScale: Tensor; shift: Tensor } => {
    const size = Number(raw.shape[1]) / 2;
    const [scales = raw, shifts = raw] = split(raw, [size, size], 1);
    return { logScale: mul(mul(scaleMax, moved), tanh(scales)), shift: mul(moved, shifts) };
  };
  return {
    outputs: (size) => 2 * size,
    slope: 'conditioner',
    forward: (z, raw, moved) => {
      const { logScale, shift } = parts(raw, moved);
      return { out: add(mul(z, exp(logScale)), shift), logDet: sum(logScale, { axes: [1] }) };
    },
    inverse: (a, raw, moved) => {
      const { logScale, shift } = parts(raw, moved);
      const opposite = neg(logScale);
      return { out: mul(sub(a, shift), exp(opposite)), logDet: sum(opposite, { axes: [1] }) };
    },
  };
}
