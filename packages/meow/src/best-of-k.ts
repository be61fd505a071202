import type { EnergyFlow } from '@meow-rl/flows';
import { zerosPerState } from '@meow-rl/flows';
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
  sum,
  toFloat,
} from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { aboveDiagonal, zeroOneMatrix } from '@meow-rl/nn';
import { createGenerator } from '@meow-rl/random';

/** Standard normal noise that is the same in every program, [candidates · size], after that of the prior's mode. */
function candidateNoise(candidates: number, size: number): Float32Array {
  const noise = new Float32Array(candidates * size);
  createGenerator(0).fillNormal(noise.subarray(size));
  return noise;
}

/**
 * The best by Q of some actions of a flow, [states, size], all in one program:
 *
 *     a = argmax Q(s, aⱼ) over j,   aⱼ the action of noise εⱼ,   ε₁ = 0, the others fixed standard normal numbers
 *
 * With one temperature and one state, Q has the order of log π, which sampling gives. It is never worse by Q than the image of
 * the prior's mode, the first candidate, and the same action for the same state.
 *
 * @param state [states, features]; the states may be a named axis
 * @param candidates k
 */
export function bestOfK(flow: EnergyFlow, state: Tensor, candidates: number): Tensor {
  const { size } = flow;
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
  const { action, logProb } = flow.sample(reshape(noise, [all, size]), reshape(repeated, [all, features]));
  const scores = reshape(logProb, [states, candidates]);
  const isBest = toFloat(equal(scores, max(scores, { axes: [1], keepDims: true })));
  // Of several that are the best the first one is taken.
  const bestBefore = matmul(isBest, zeroOneMatrix(candidates, aboveDiagonal));
  const chosen = mul(isBest, toFloat(less(bestBefore, 0.5)));
  const actions = reshape(action, [states, candidates, size]);
  return sum(mul(reshape(chosen, [states, candidates, 1]), actions), { axes: [1] });
}
