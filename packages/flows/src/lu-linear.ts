import { add, div, expandAs, linear, log, matmul, mul, reshape, softplus, sub, sum } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import {
  aboveDiagonal,
  belowDiagonal,
  checkWidth,
  onDiagonal,
  zeroOneMatrix,
  zeros,
  zerosPerState,
} from '@meow-rl/nn';
import type { Module } from '@meow-rl/nn';

import { namedBijector } from './bijector.ts';
import type { Bijector } from './bijector.ts';
import { unitTriangularInverse } from './triangular-inverse.ts';

export interface LuLinearOptions {
  /** Prefix of the parameters' names. */
  readonly name: string;
  /** Entries of an action, n. */
  readonly size: number;
  /** Smallest entry of U's diagonal, from 1e-6 and below 1; default 1e-3, as nflows. */
  readonly minDiagonal?: number;
}

/**
 * Linear layer whose matrix is a product of triangular ones; it mixes all entries and starts as the identity.
 *
 *     L = I + strict lower triangle of `lower`
 *     U = diag(d) + strict upper triangle of `upper`,   d = softplus(diagonal) + minDiagonal
 *     forward   a = L U z + bias
 *     inverse   z = U⁻¹ L⁻¹ (a − bias)
 *     log|det|  Σ log d, of neither the action nor the state: it belongs to V
 *
 * Both inverses are computed once for all rows. The parameters are `<name>.lower` and `<name>.upper` [n, n], of which the other
 * triangles are not used, `<name>.diagonal` and `<name>.bias` [n].
 *
 * @throws RangeError unless 1e-6 ≤ minDiagonal < 1, of which 32-bit floats have the inverse and the logarithm; ShapeError, when it is used, if a point has another number of entries
 *
 * Reference: Kingma and Dhariwal, Glow (2018), section 3.2; nflows, `LULinear`.
 */
export function luLinear({ name, size, minDiagonal = 1e-3 }: LuLinearOptions): Module<Bijector> {
  if (!(minDiagonal >= 1e-6 && minDiagonal < 1))
    throw new RangeError(`luLinear: minDiagonal must be at least 1e-6 and below 1, got ${minDiagonal}.`);
  const square = [size, size];
  const unit = Math.log(Math.expm1(1 - minDiagonal));
  return {
    parameters: [
      { name: `${name}.lower`, shape: square, initial: zeros(square, size) },
      { name: `${name}.upper`, shape: square, initial: zeros(square, size) },
      { name: `${name}.diagonal`, shape: [size], initial: () => new Float32Array(size).fill(unit) },
      { name: `${name}.bias`, shape: [size], initial: zeros([size], size) },
    ],
    bind: (params) => {
      const strictLower = mul(params(`${name}.lower`), zeroOneMatrix(size, belowDiagonal));
      const strictUpper = mul(params(`${name}.upper`), zeroOneMatrix(size, aboveDiagonal));
      const identity = zeroOneMatrix(size, onDiagonal);
      const bias = params(`${name}.bias`);
      const scales = add(softplus(params(`${name}.diagonal`)), minDiagonal);
      /** L U */
      const matrix = (): Tensor =>
        matmul(add(identity, strictLower), add(mul(identity, scales), strictUpper));
      /** U⁻¹ L⁻¹ with U = diag(d) (I + diag(1/d) strict upper). */
      const inverseMatrix = (): Tensor => {
        const ofUnitUpper = unitTriangularInverse(div(strictUpper, reshape(scales, [size, 1])), size);
        return matmul(div(ofUnitUpper, scales), unitTriangularInverse(strictLower, size));
      };
      return namedBijector(name, {
        size,
        constantDeterminant: true,
        forward: (z) => {
          checkWidth('luLinear', z, size);
          return { out: linear(z, matrix(), bias) };
        },
        inverse: (a) => {
          checkWidth('luLinear', a, size);
          return { out: matmul(sub(a, bias), inverseMatrix(), { transposeB: true }) };
        },
        stateLogDet: (state) => {
          const perState = sum(zerosPerState(state, size), { axes: [1] });
          return expandAs(sum(log(scales)), perState);
        },
      });
    },
  };
}
