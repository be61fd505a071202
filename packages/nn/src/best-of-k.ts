import {
  add,
  concat,
  constant,
  equal,
  less,
  matmul,
  max,
  mul,
  multipleOf,
  reshape,
  scoped,
  sum,
  toFloat,
} from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { createGenerator } from '@meow-rl/random';

import { zerosPerState } from './rows.ts';
import { aboveDiagonal, zeroOneMatrix } from './zero-one-matrix.ts';

/** A policy to take the best of. */
export interface BestOfKOptions {
  /** k */
  readonly candidates: number;
  /** Entries of an action, and of its noise. */
  readonly size: number;
  /** Actions [rows, size] and their scores [rows], of standard normal noise [rows, size] and states [rows, features]. */
  readonly sample: (noise: Tensor, state: Tensor) => { readonly action: Tensor; readonly score: Tensor };
}

/** Standard normal noise that is the same in every program, [candidates · size], after zeros for the first candidate. */
function candidateNoise(candidates: number, size: number): Float32Array {
  const noise = new Float32Array(candidates * size);
  createGenerator(0).fillNormal(noise.subarray(size));
  return noise;
}

/**
 * The best by score of some actions of a stochastic policy, [states, size], all in one program:
 *
 *     a = argmax score(s, aⱼ) over j,   aⱼ the action of noise εⱼ,   ε₁ = 0, the others fixed standard normal numbers
 *
 * Of several that are the best it is the first one. It is the same action for the same state, [states, features], of which the
 * states may be a named axis.
 */
export const bestOfK = scoped('bestOfK', best);

function best(state: Tensor, { candidates, size, sample }: BestOfKOptions): Tensor {
  const [states = 1, features = 1] = state.shape;
  const all = multipleOf(states, candidates);
  const noise = add(
    zerosPerState(state, candidates * size),
    constant(candidateNoise(candidates, size), [1, candidates * size]),
  );
  const repeated = concat(
    Array.from({ length: candidates }, () => state),
    1,
  );
  const { action, score } = sample(reshape(noise, [all, size]), reshape(repeated, [all, features]));
  const scores = reshape(score, [states, candidates]);
  const isBest = toFloat(equal(scores, max(scores, { axes: [1], keepDims: true })));
  const bestBefore = matmul(isBest, zeroOneMatrix(candidates, aboveDiagonal));
  const chosen = mul(isBest, toFloat(less(bestBefore, 0.5)));
  const actions = reshape(action, [states, candidates, size]);
  return sum(mul(reshape(chosen, [states, candidates, 1]), actions), { axes: [1] });
}
