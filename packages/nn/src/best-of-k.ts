import {
  add,
  concat,
  constant,
  div,
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
export interface CandidatesOptions {
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

/** Actions to take the best of: k for each state, and their scores. */
export interface Candidates {
  /** [states, k, size] */
  readonly action: Tensor;
  /** [states, k] */
  readonly score: Tensor;
}

/**
 * The same k actions of a stochastic policy for the same state, [states, features], of which the states may be a named axis: aⱼ is
 * the action of noise εⱼ, ε₁ = 0, the others fixed standard normal numbers.
 */
export const fixedCandidates = scoped(
  'bestOfK',
  (state: Tensor, { candidates, size, sample }: CandidatesOptions): Candidates => {
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
    return {
      action: reshape(action, [states, candidates, size]),
      score: reshape(score, [states, candidates]),
    };
  },
);

/**
 * The best of some actions by score, [states, size], all in one program: `a = argmax score(s, aⱼ) over j`, of several that are
 * the best the first one. NaN for a state of whose scores none is a number.
 */
export const bestCandidate = scoped('bestOfK', ({ action, score }: Candidates): Tensor => {
  const [states = 1, candidates] = score.shape;
  const isBest = toFloat(equal(score, max(score, { axes: [1], keepDims: true })));
  const bestBefore = matmul(isBest, zeroOneMatrix(Number(candidates), aboveDiagonal));
  const chosen = mul(isBest, toFloat(less(bestBefore, 0.5)));
  const best = sum(mul(reshape(chosen, [states, Number(candidates), 1]), action), { axes: [1] });
  // By 1, or by 0 where nothing is equal to the best score as that is NaN: no action is not the action 0.
  return div(best, sum(chosen, { axes: [1], keepDims: true }));
});
