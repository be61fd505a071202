import type { EnergyFlow } from '@meow-rl/flows';
import type { Tensor } from '@meow-rl/graph';
import { fixedCandidates } from '@meow-rl/nn';
import type { Candidates } from '@meow-rl/nn';

/**
 * Some actions of a flow to take the best of by Q.
 *
 * With one temperature and one state, Q has the order of log π, which sampling gives. The best is never worse by Q than the image
 * of the prior's mode, the first candidate.
 *
 * @param state [states, features]; the states may be a named axis
 */
export const sampleCandidates = (flow: EnergyFlow, state: Tensor, candidates: number): Candidates =>
  fixedCandidates(state, {
    candidates,
    size: flow.size,
    sample: (noise, repeatedState) => {
      const { action, logProb } = flow.sample(noise, repeatedState);
      return { action, score: logProb };
    },
  });
