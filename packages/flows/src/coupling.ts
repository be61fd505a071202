import { constant, GraphError, mul, ShapeError } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { checkWidth, repeatForRows, toMoreRows, zerosPerState } from '@meow-rl/nn';

import type { Bijector, Mapped } from './bijector.ts';

/**
 * What a coupling does to the entries that it moves, each by itself: an increasing function per entry, given by the numbers
 * of the conditioner.
 *
 * `raw` are these numbers, [rows, outputs(size)]; `moved` is 1 for entries that move and 0 for those that pass, [size].
 */
export interface CouplingTransform {
  /** Width of the conditioner's output for `size` entries. */
  readonly outputs: (size: number) => number;
  /**
   * What the slope of an entry depends on: it is 1 for every entry (`one`), decided by `raw` (`conditioner`), or by the entry
   * too (`entry`).
   */
  readonly slope: 'one' | 'conditioner' | 'entry';
  /** Whether it maps 0 to 0 whatever `raw` is; default false. */
  readonly fixesOrigin?: boolean;
  /** From latent to action, with Σ log slope, [rows]; absent where slopes are 1. */
  readonly forward: (z: Tensor, raw: Tensor, moved: Tensor) => Mapped;
  /** From action to latent, with Σ log slope of this way, [rows]; absent where slopes are 1. */
  readonly inverse: (a: Tensor, raw: Tensor, moved: Tensor) => Mapped;
}

export interface CouplingOptions {
  /** m, one 0 or 1 per action entry; all 0: the state alone moves every entry. */
  readonly mask: readonly number[];
  /**
   * c, maps the masked point [rows, size] and the state [states, features] to the transform's numbers
   * [rows, outputs(size)], or to k blocks of them, [k · rows, …]: the point is then repeated for each, as with several
   * dropout masks.
   */
  readonly conditioner: (masked: Tensor, state: Tensor) => Tensor;
  /** What the moved entries go through: `shift`, `affine`, `rationalQuadraticSpline`. */
  readonly transform: CouplingTransform;
}

/**
 * Coupling layer. The masked entries pass through and decide with the state how the others move.
 *
 *     forward   a = m ⊙ z + (1 − m) ⊙ T(z; c(m ⊙ z, s))
 *     inverse   z = m ⊙ a + (1 − m) ⊙ T⁻¹(a; c(m ⊙ a, s))
 *     log|det|  Σ (1 − m) ⊙ log T′; where the state alone decides it, it belongs to V, else to Q
 *
 * @throws ShapeError if the mask is empty or has other entries than 0 and 1; when it is used, if the point or what the
 *   conditioner gives has another width
 *
 * Reference: Dinh et al., NICE (2015), section 3.2; Dinh et al., Real NVP (2017), section 3.2.
 */
export function coupling({ mask, conditioner, transform }: CouplingOptions): Bijector {
  if (mask.length === 0 || mask.some((m) => m !== 0 && m !== 1))
    throw new ShapeError(`coupling: mask [${mask.join(', ')}] must have one 0 or 1 per action entry.`);
  const size = mask.length;
  const keep = constant(mask);
  const moved = constant(mask.map((m) => 1 - m));
  // Nothing is kept: what the conditioner gives is decided by the state alone.
  const ofStateAlone = transform.slope === 'conditioner' && mask.every((m) => m === 0);

  const checkPoint = (x: Tensor): void => {
    if (x.shape.length !== 2 || x.shape[1] !== size)
      throw new ShapeError(
        `coupling: mask has ${size} entries but the action has ${String(x.shape[1])}. Give one 0 or 1 per action entry.`,
      );
  };
  const rawOf = (x: Tensor, state: Tensor): Tensor => {
    checkPoint(x);
    const raw = conditioner(mul(keep, x), state);
    checkWidth("coupling: the conditioner's output", raw, transform.outputs(size));
    return raw;
  };
  // Asked once for each state: where units are dropped, the map and its determinant have to be of the same ones.
  const ofStates = new WeakMap<Tensor, Tensor>();
  const rawOfState = (state: Tensor): Tensor => {
    const raw = ofStates.get(state) ?? rawOf(zerosPerState(state, size), state);
    ofStates.set(state, raw);
    return raw;
  };
  const through = (direction: 'forward' | 'inverse', x: Tensor, state: Tensor): Mapped => {
    if (!ofStateAlone) {
      const raw = rawOf(x, state);
      return transform[direction](repeatForRows(x, raw), raw, moved);
    }
    checkPoint(x);
    const [point, raw] = toMoreRows(x, rawOfState(state));
    return { out: transform[direction](point, raw, moved).out };
  };
  const stateLogDet = (state: Tensor): Tensor => {
    const raw = rawOfState(state);
    const { logDet } = transform.forward(repeatForRows(zerosPerState(state, size), raw), raw, moved);
    if (!logDet) throw new GraphError("coupling: a transform with slope 'conditioner' must give logDet.");
    return logDet;
  };
  return {
    size,
    constantDeterminant: transform.slope === 'one' || ofStateAlone,
    fixesOrigin: transform.fixesOrigin === true,
    forward: (z, state) => through('forward', z, state),
    inverse: (a, state) => through('inverse', a, state),
    ...(ofStateAlone && { stateLogDet }),
  };
}

/**
 * The mask of the i-th coupling of a chain: 1, 0, 1, 0, … for even i and its complement for odd i, so that each entry
 * is moved by every second coupling.
 */
export const alternatingMask = (size: number, i: number): readonly number[] =>
  Array.from({ length: size }, (_, entry) => ((entry + i) % 2 === 0 ? 1 : 0));
