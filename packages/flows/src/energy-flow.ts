import { add, GraphError, ShapeError, sub, sum } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { checkWidth, repeatForRows, zerosPerState } from '@meow-rl/nn';

import type { Bijector } from './bijector.ts';
import { chain } from './chain.ts';
import type { Prior } from './gaussian-prior.ts';

export interface EnergyFlowOptions {
  readonly prior: Prior;
  /** From the prior to the action, in the order of generation. */
  readonly layers: readonly Bijector[];
  /** A last element-wise map onto the bounded action space, such as `tanhSquash`; default none. */
  readonly squash?: Bijector;
}

/**
 * A state-conditioned density over actions, `π(a|s) = exp(energy(a, s) − logNormalizer(s))`, whose two parts come from
 * the layers' split log-determinants.
 *
 * With temperature α, `Q = α (energy + b)` and `V = α (logNormalizer + b)` for any b(s).
 */
export interface EnergyFlow {
  readonly size: number;
  /** log of the unnormalized density, [rows]: prior energy plus action-dependent log-determinants. */
  readonly energy: (action: Tensor, state: Tensor) => Tensor;
  /** `energy` of the action that the squash makes of a latent [rows, size], exact also where the action is ±1 to all its digits. */
  readonly energyOfLatent: (latent: Tensor, state: Tensor) => Tensor;
  /** log ∫ exp(energy(a, s)) da, [states]: exact, and computed from nothing but what the state alone decides. */
  readonly logNormalizer: (state: Tensor) => Tensor;
  /** log π(a|s), [rows]. */
  readonly logProb: (action: Tensor, state: Tensor) => Tensor;
  /** Actions from standard normal noise [rows, size]. */
  readonly sample: (noise: Tensor, state: Tensor) => FlowSample;
  /**
   * The deterministic action g⁻¹(μ|s), [states, size]: the most likely point before the squash. Absent where the Jacobian
   * determinant of a layer depends on the action, since the image of the prior's mode is then not the mode; see
   * {@link requireMode}.
   */
  readonly mode?: (state: Tensor) => Tensor;
}

/** What a flow makes of noise. */
export interface FlowSample {
  /** [rows, size] */
  readonly action: Tensor;
  /** log π(a|s) to more digits than the action holds, [rows]. */
  readonly logProb: Tensor;
  /** The action before the squash, [rows, size]; the action itself without one. */
  readonly latent: Tensor;
}

/**
 * Composes a prior and bijectors into an energy-based normalizing flow.
 *
 *     energy(a, s)      = log-energy of the prior at g(a|s) + Σ action-dependent log|det ∂z/∂a|
 *     logNormalizer(s)  = log-normalizer of the prior + Σ state-dependent log|det ∂a/∂z|
 *
 * @throws ShapeError if the sizes of the parts differ
 *
 * Reference: Chao et al., MEow (2024), equations 8 and 9, Propositions 1 and 2.
 */
export function energyFlow({ prior, layers, squash }: EnergyFlowOptions): EnergyFlow {
  const { size } = prior;
  const all = squash ? [...layers, squash] : layers;
  const misfit = all.findIndex((layer) => layer.size !== size);
  if (misfit >= 0)
    throw new ShapeError(
      `energyFlow: layer ${misfit} has ${all[misfit]?.size} entries, the prior has ${size}. Give all the action's size.`,
    );
  const unsquashed = chain(layers, size);
  const whole = chain(all, size);

  /** Energy of a point that a chain leads to. */
  const energyThrough = (through: Bijector, point: Tensor, state: Tensor): Tensor => {
    const { out, logDet } = through.inverse(point, state);
    const ofPrior = prior.energy(out);
    return logDet ? add(ofPrior, logDet) : ofPrior;
  };

  const energy: EnergyFlow['energy'] = (action, state) => {
    checkWidth('energyFlow.energy', action, size);
    return energyThrough(whole, action, state);
  };

  const energyOfLatent: EnergyFlow['energyOfLatent'] = (latent, state) => {
    checkWidth('energyFlow.energyOfLatent', latent, size);
    const ofLatent = energyThrough(unsquashed, latent, state);
    const squashed = squash?.forward(latent, state).logDet;
    return squashed ? sub(ofLatent, repeatForRows(squashed, ofLatent)) : ofLatent;
  };

  const logNormalizer: EnergyFlow['logNormalizer'] = (state) =>
    add(whole.stateLogDet?.(state) ?? sum(zerosPerState(state, size), { axes: [1] }), prior.logNormalizer);

  const mode = (state: Tensor): Tensor => {
    const origin = zerosPerState(state, size);
    // Layers that keep the origin in place leave the prior's mode where it is.
    const first = all.findIndex(({ fixesOrigin }) => fixesOrigin !== true);
    return first < 0 ? origin : chain(all.slice(first), size).forward(origin, state).out;
  };

  return {
    size,
    energy,
    energyOfLatent,
    logNormalizer,
    logProb: (action, state) => sub(energy(action, state), repeatForRows(logNormalizer(state), action)),
    sample: (noise, state) => {
      checkWidth('energyFlow.sample', noise, size);
      const { out: latent, logDet } = unsquashed.forward(noise, state);
      const normalizer = repeatForRows(logNormalizer(state), noise);
      const squashed = squash?.forward(latent, state);
      const action = squashed?.out ?? latent;
      // Where the squash clips, the density of the action is that of the nearest latent inside.
      const inside = squash?.nearest?.(latent, state);
      if (inside) return { action, logProb: sub(energyOfLatent(inside, state), normalizer), latent };
      // Generation multiplies the density by 1 / |det ∂a/∂z|, so log-determinants are subtracted.
      const logDets = [logDet, squashed?.logDet].filter((part) => part !== undefined);
      const ofPrior = sub(prior.energy(noise), normalizer);
      return { action, logProb: logDets.reduce((logProb, part) => sub(logProb, part), ofPrior), latent };
    },
    ...(unsquashed.constantDeterminant && { mode }),
  };
}

/**
 * How a flow gives its deterministic action.
 *
 * @throws GraphError if it has none
 */
export function requireMode({ mode }: EnergyFlow): (state: Tensor) => Tensor {
  if (!mode)
    throw new GraphError(
      'energyFlow: there is no deterministic action: the Jacobian determinant of a layer depends on the action, so that g⁻¹(μ|s) is not the most likely action (Proposition 2). Sample actions, or use layers with constantDeterminant, such as couplings with shift.',
    );
  return mode;
}
