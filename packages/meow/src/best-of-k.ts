import type { EnergyFlow } from '@meow-rl/flows';
import type { Tensor } from '@meow-rl/graph';
import { bestOfK } from '@meow-rl/nn';

/**
 * The best by Q of some actions of a flow, [states, size].
 *
 * With one temperature and one state, Q has the order of log π, which sampling gives. It is never worse by Q than the image of
 * the prior's mode, the first candidate.
 *
 * @param state [states, features]; the states may be a named axis
 */
export const bestOfSamples = (flow: EnergyFlow, state: Tensor, candidates: number): Tensor =>
  bestOfK(state, {
    candidates,
    size: flow.size,
    sample: (noise, repeatedState) => {
      const { action, logProb } = flow.sample(noise, repeatedState);
      return { action, score: logProb };
    },
  });
