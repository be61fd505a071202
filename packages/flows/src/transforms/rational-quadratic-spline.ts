import {
  abs,
  add,
  clip,
  concat,
  constant,
  div,
  exp,
  expandAs,
  greater,
  log,
  logSumExp,
  matmul,
  mul,
  neg,
  reshape,
  softplus,
  split,
  sqrt,
  square,
  sub,
  sum,
  toFloat,
  where,
} from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

import type { Mapped } from '../bijector.ts';
import type { CouplingTransform } from '../coupling.ts';

export interface RationalQuadraticSplineOptions {
  /** K, the number of bins; default 8, as Durkan et al. on most of their tables */
  readonly bins?: number;
  /** B, from 1e-30 to 1e30: the spline lies in [−B, B], outside is the identity; default 3, as Durkan et al. on their tables */
  readonly bound?: number;
  /** Smallest width of a bin as a share of 2B, at least 1e-5; default 1e-3, as nflows. */
  readonly minWidth?: number;
  /** Smallest height of a bin as a share of 2B, at least 1e-5; default 1e-3, as nflows. */
  readonly minHeight?: number;
  /** Smallest slope at an inner knot, at least 1e-5; default 1e-3, as nflows. */
  readonly minDerivative?: number;
}

/** Bins narrower than that, of knots in 32-bit floats, could come to width 0. */
const SMALLEST = 1e-5;

/** The bin of each entry: its ends, and the slopes there; [rows, size] each. */
interface Bin {
  readonly left: Tensor;
  readonly bottom: Tensor;
  readonly width: Tensor;
  readonly height: Tensor;
  readonly slopeLeft: Tensor;
  readonly slopeRight: Tensor;
}

/**
 * Monotone spline of rational quadratic pieces. The conditioner gives for each entry K widths, K heights and K − 1 slopes:
 *
 *     widths = 2B (minWidth + (1 − K minWidth) softmax), heights likewise;  knots (x_k, y_k) from (−B, −B) to (B, B)
 *     slopes = minDerivative + softplus at inner knots, 1 at both ends;  outside [−B, B] the identity
 *     in bin k  t = (z − x_k) / w,  D = h / w,  n = D + (d₀ + d₁ − 2D) t (1 − t)
 *               a = y_k + h (D t² + d₀ t (1 − t)) / n
 *               log slope = log(D² (d₁ t² + 2D t (1 − t) + d₀ (1 − t)²)) − 2 log n
 *     inverse   e = (a − y_k) / h,  g = d₀ (1 − e) − d₁ e,  t = 2D e / (g + 2D e + √(g² + 4D² e (1 − e)))
 *
 * The inverse is the root of the paper's quadratic equation with the discriminant as a sum of what is never negative.
 *
 * @throws RangeError if the bins are fewer than 2, the minima leave no room, or a number is one that 32-bit floats can't tell from 0 or infinity
 *
 * Reference: Durkan et al., Neural Spline Flows (2019), section 3.1 and appendix A.1.
 */
export function rationalQuadraticSpline({
  bins = 8,
  bound = 3,
  minWidth = 1e-3,
  minHeight = 1e-3,
  minDerivative = 1e-3,
}: RationalQuadraticSplineOptions = {}): CouplingTransform {
  if (!Number.isInteger(bins) || bins < 2)
    throw new RangeError(`rationalQuadraticSpline: bins must be an integer >= 2, got ${bins}.`);
  if (!(bound >= 1e-30 && bound <= 1e30))
    throw new RangeError(
      `rationalQuadraticSpline: bound must be a number from 1e-30 to 1e30, got ${bound}. Beyond, it or its inverse leaves 32-bit floats.`,
    );
  for (const [name, smallest] of Object.entries({ minWidth, minHeight }))
    if (!(smallest >= SMALLEST && bins * smallest < 1))
      throw new RangeError(
        `rationalQuadraticSpline: ${name} must be at least ${SMALLEST} and below 1 / bins = ${1 / bins}, got ${smallest}.`,
      );
  if (!(minDerivative >= SMALLEST && minDerivative < 1))
    throw new RangeError(
      `rationalQuadraticSpline: minDerivative must be at least ${SMALLEST} and below 1, got ${minDerivative}.`,
    );

  /** The bins that entries lie in by where the knots of one axis are. */
  const binsOf = (x: Tensor, raw: Tensor, axis: 'x' | 'y'): Bin => {
    const [rows = 1, size = 1] = x.shape;
    const entryByEntry = reshape(raw, [rows, size, 3 * bins - 1]);
    const [widths = raw, heights = raw, slopes = raw] = split(entryByEntry, [bins, bins, bins - 1], 2);
    const like = reshape(x, [rows, size, 1]);
    const knots = {
      x: innerKnots(widths, bound, minWidth),
      y: innerKnots(heights, bound, minHeight),
    };
    const inBin = binMembership(like, knots[axis]);
    const select = (values: Tensor): Tensor => sum(mul(inBin, values), { axes: [2] });
    /** Selected values of the left and of the right ends of bins. */
    const ends = (inner: Tensor, first: number, last: number): readonly [Tensor, Tensor] => [
      select(concat([expandAs(constant(first), like), inner], 2)),
      select(concat([inner, expandAs(constant(last), like)], 2)),
    ];
    const [left, right] = ends(knots.x, -bound, bound);
    const [bottom, top] = ends(knots.y, -bound, bound);
    const [slopeLeft, slopeRight] = ends(add(minDerivative, softplus(slopes)), 1, 1);
    return { left, bottom, width: sub(right, left), height: sub(top, bottom), slopeLeft, slopeRight };
  };

  /** `spline` where entries move and lie inside, the identity elsewhere. */
  const inside = (
    x: Tensor,
    moved: Tensor,
    spline: (inside: Tensor) => { readonly out: Tensor; readonly logSlope: Tensor },
  ): Mapped => {
    const passes = greater(add(sub(1, moved), toFloat(greater(abs(x), bound))), 0);
    // What lies outside is not used; clipped, it has no infinite gradients.
    const { out, logSlope } = spline(clip(x, -bound, bound));
    return {
      out: where(passes, x, out),
      logDet: sum(where(passes, 0, logSlope), { axes: [1] }),
    };
  };

  return {
    outputs: (size) => size * (3 * bins - 1),
    slope: 'entry',
    forward: (z, raw, moved) =>
      inside(z, moved, (x) => {
        const bin = binsOf(x, raw, 'x');
        const { left, bottom, width, height, slopeLeft } = bin;
        // In [0, 1] in floating point too, since rounding keeps the order of left <= x <= left + width.
        const t = div(sub(x, left), width);
        const { steepness, bow, denominator, logSlope } = pieceAt(t, bin);
        const rise = add(mul(steepness, square(t)), mul(slopeLeft, bow));
        return { out: add(bottom, div(mul(height, rise), denominator)), logSlope };
      }),
    inverse: (a, raw, moved) =>
      inside(a, moved, (y) => {
        const bin = binsOf(y, raw, 'y');
        const { left, bottom, width, height, slopeLeft, slopeRight } = bin;
        const e = div(sub(y, bottom), height);
        const steepness = div(height, width);
        const g = sub(mul(slopeLeft, sub(1, e)), mul(slopeRight, e));
        const twice = mul(mul(2, steepness), e);
        const discriminant = add(square(g), mul(mul(4, square(steepness)), mul(e, sub(1, e))));
        const t = div(twice, add(add(g, twice), sqrt(discriminant)));
        return { out: add(left, mul(t, width)), logSlope: neg(pieceAt(t, bin).logSlope) };
      }),
  };
}

/** Quantities of a piece at t in [0, 1]: D, t (1 − t), n and log da/dz. */
function pieceAt(t: Tensor, { width, height, slopeLeft, slopeRight }: Bin) {
  const steepness = div(height, width);
  const bow = mul(t, sub(1, t));
  const bend = sub(add(slopeLeft, slopeRight), mul(2, steepness));
  const denominator = add(steepness, mul(bend, bow));
  const numerator = add(
    add(mul(slopeRight, square(t)), mul(mul(2, steepness), bow)),
    mul(slopeLeft, square(sub(1, t))),
  );
  const logSlope = sub(log(mul(square(steepness), numerator)), mul(2, log(denominator)));
  return { steepness, bow, denominator, logSlope };
}

/** Positions of the K − 1 inner knots between −bound and bound, [rows, size, K − 1], from K raw sizes. */
function innerKnots(raw: Tensor, bound: number, smallest: number): Tensor {
  const [rows = 1, size = 1, bins = 1] = raw.shape.map((dim, axis) => (axis === 0 ? dim : Number(dim)));
  const [entries, count] = [Number(size), Number(bins)];
  const shares = exp(sub(raw, logSumExp(raw, { axes: [2], keepDims: true })));
  const sizes = add(smallest, mul(1 - count * smallest, shares));
  // Cumulative sums of each entry, as one product with a matrix of triangular blocks.
  const columns = entries * (count - 1);
  const triangles = Float32Array.from({ length: entries * count * columns }, (_, flat) => {
    const row = Math.floor(flat / columns);
    const column = flat - row * columns;
    const sameEntry = Math.floor(row / count) === Math.floor(column / (count - 1));
    return sameEntry && row % count <= column % (count - 1) ? 1 : 0;
  });
  const cumulative = matmul(
    reshape(sizes, [rows, entries * count]),
    constant(triangles, [entries * count, columns]),
  );
  return sub(mul(2 * bound, reshape(cumulative, [rows, entries, count - 1])), bound);
}

/** 1 for the bin that an entry lies in, 0 for the others, [rows, size, K]; a knot belongs to the bin on its right. */
function binMembership(entries: Tensor, innerKnots: Tensor): Tensor {
  const passed = sub(1, toFloat(greater(innerKnots, entries)));
  const [all, none] = [expandAs(constant(1), entries), expandAs(constant(0), entries)];
  return sub(concat([all, passed], 2), concat([passed, none], 2));
}
