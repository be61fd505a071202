import { add, maximum, softplus, sub } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { repeatForRows } from '@meow-rl/nn';

import type { EnergyFlow } from './energy-flow.ts';

/**
 * exp of this is lost beside 1 in float64 too. Below, gradients are exactly 0: numbers near the end of float32's range would slow
 * down every product that they go through.
 */
const NEGLIGIBLE = -40;

/**
 * A flow over [−1, 1]^A whose density is mixed with a little of the uniform one, so that no action has less than that:
 *
 *     π(a|s)        = (1 − ε) π_flow(a|s) + ε 2⁻ᴬ
 *     energy        = log((1 − ε) exp(energy_flow) + ε 2⁻ᴬ exp(logNormalizer))
 *     logNormalizer = that of the flow
 *
 * `log π ≥ log ε − A log 2`, and the gradient vanishes where the flow's density lies far below: an action that the flow no
 * longer takes neither makes Q arbitrarily small nor pushes the flow further away. The integral of exp(energy) stays exact.
 *
 * Samples are those of the flow alone: they differ from π by at most ε in total variation. The deterministic action is the flow's:
 * what is uniform has no mode of its own.
 *
 * @param share ε, of (0, 1)
 * @throws RangeError if it is not
 *
 * Reference: Hesterberg, Weighted Average Importance Sampling and Defensive Mixture Distributions (1995), section 3.
 */
export function uniformMixture(flow: EnergyFlow, share: number): EnergyFlow {
  if (!(share > 0 && share < 1))
    throw new RangeError(
      `uniformMixture: the share is ${share}, expected a number above 0 and below 1. Use the flow alone for none.`,
    );
  const logFlowShare = Math.log1p(-share);
  const logFloor = Math.log(share) - flow.size * Math.LN2;
  /** log(exp(log π_flow + log(1 − ε)) + exp(log ε − A log 2)) without overflow. */
  const mixed = (logProb: Tensor): Tensor =>
    add(logFloor, softplus(maximum(add(logProb, logFlowShare - logFloor), NEGLIGIBLE)));
  const mixedEnergy = (energy: Tensor, state: Tensor): Tensor => {
    const normalizer = repeatForRows(flow.logNormalizer(state), energy);
    return add(mixed(sub(energy, normalizer)), normalizer);
  };
  return {
    ...flow,
    energy: (action, state) => mixedEnergy(flow.energy(action, state), state),
    energyOfLatent: (latent, state) => mixedEnergy(flow.energyOfLatent(latent, state), state),
    logProb: (action, state) => mixed(flow.logProb(action, state)),
    sample: (noise, state) => {
      const sampled = flow.sample(noise, state);
      return { ...sampled, logProb: mixed(sampled.logProb) };
    },
  };
}
