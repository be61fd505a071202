import { add, constant, expandAs, matmul, ShapeError, slice, sub, sum, GraphError } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { checkWidth, repeatForRows } from '@meow-rl/nn';

import type { Bijector, Mapped } from './bijector.ts';
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
  /** log ∫ exp(energy(a, s)) da, [states]: exact, and computed from nothing but what the state alone decides. */
  readonly logNormalizer: (state: Tensor) => Tensor;
  /** log π(a|s), [rows]. */
  readonly logProb: (action: Tensor, state: Tensor) => Tensor;
  /** Actions from standard normal noise [rows, size], with `logProb(action)` [rows] to more digits than the action holds. */
  readonly sample: (noise: Tensor, state: Tensor) => { readonly action: Tensor; readonly logProb: Tensor };
  /**
   * The deterministic action g⁻¹(μ|s), [states, size]: the most likely point before the squash.
   *
   * @throws GraphError if a layer's Jacobian determinant is not constant: the image of the prior's mode is then not the mode
   */
  readonly mode: (state: Tensor) => Tensor;
}

const plus = (a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined =>
  a && b ? add(a, b) : (a ?? b);

/** Runs layers from latent to action and adds up their action-dependent log-determinants. */
function generate(latent: Tensor, state: Tensor, layers: readonly Bijector[]): Mapped {
  let out = latent;
  let total: Tensor | undefined;
  for (const layer of layers) {
    const { out: next, logDet } = layer.forward(out, state);
    out = next;
    total = plus(total, logDet);
  }
  return total ? { out, logDet: total } : { out };
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
  const chain = squash ? [...layers, squash] : layers;
  const misfit = chain.findIndex((layer) => layer.size !== size);
  if (misfit >= 0)
    throw new ShapeError(
      `energyFlow: layer ${misfit} has ${chain[misfit]?.size} entries, the prior has ${size}. Give all the action's size.`,
    );

  /** Energy of a point that the given layers lead to. */
  const energyThrough = (through: readonly Bijector[], point: Tensor, state: Tensor): Tensor => {
    let out = point;
    let total: Tensor | undefined;
    for (const layer of through.toReversed()) {
      const { out: next, logDet } = layer.inverse(out, state);
      out = next;
      total = plus(total, logDet);
    }
    const own = prior.energy(out);
    return total ? add(own, repeatForRows(total, own)) : own;
  };

  const energy: EnergyFlow['energy'] = (action, state) => {
    checkWidth('energyFlow.energy', action, size);
    return energyThrough(chain, action, state);
  };

  const logNormalizer: EnergyFlow['logNormalizer'] = (state) => {
    const parts = chain.flatMap((layer) => layer.stateLogDet?.(state) ?? []);
    const [first, ...others] = parts;
    const start = first ?? zeroPerState(state);
    return add(
      others.reduce((total, part) => add(total, part), start),
      prior.logNormalizer,
    );
  };

  return {
    size,
    energy,
    logNormalizer,
    logProb: (action, state) => sub(energy(action, state), repeatForRows(logNormalizer(state), action)),
    sample: (noise, state) => {
      checkWidth('energyFlow.sample', noise, size);
      const { out: latent, logDet } = generate(noise, state, layers);
      const normalizer = repeatForRows(logNormalizer(state), noise);
      // Generation multiplies the density by 1 / |det ∂a/∂z|, so log-determinants are subtracted.
      if (!squash) {
        const ofPrior = sub(prior.energy(noise), normalizer);
        return { action: latent, logProb: logDet ? sub(ofPrior, logDet) : ofPrior };
      }
      // Where the squash clips, the density of the action is that of the nearest latent inside.
      const inside = squash.nearest?.(latent) ?? latent;
      const ofLatent = sub(energyThrough(layers, inside, state), normalizer);
      const { logDet: squashed } = squash.forward(inside, state);
      return {
        action: squash.forward(latent, state).out,
        logProb: squashed ? sub(ofLatent, squashed) : ofLatent,
      };
    },
    mode: (state) => {
      const varying = layers.findIndex((layer) => !layer.constantDeterminant);
      if (varying >= 0)
        throw new GraphError(
          `energyFlow.mode: the Jacobian determinant of layer ${varying} depends on the action, so g⁻¹(μ|s) is not the most likely action (Proposition 2). Use layers with constantDeterminant, or sample.`,
        );
      // Layers that keep the origin in place leave the prior's mode where it is.
      const first = chain.findIndex((layer) => layer.fixesOrigin !== true);
      // Only its shape is used: one row per state.
      const rows = matmul(slice(state, { axis: 1, end: 1 }), constant(new Float32Array(size), [1, size]));
      const origin = expandAs(constant(0), rows);
      return first < 0 ? origin : generate(origin, state, chain.slice(first)).out;
    },
  };
}

/** Zeros, one per state. */
const zeroPerState = (state: Tensor): Tensor =>
  sum(expandAs(constant(0), slice(state, { axis: 1, end: 1 })), { axes: [1] });
