import type { EnergyFlow } from '@meow-rl/flows';
import {
  abs,
  add,
  clip,
  concat,
  constant,
  greater,
  logSumExp,
  max,
  maximum,
  mul,
  neg,
  reshape,
  slice,
  softplus,
  sub,
  sum,
  tanh,
  where,
} from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { FARTHEST_LATENT, logSquashSlope, repeatForRows } from '@meow-rl/nn';

import type { MeowNetworks } from './networks.ts';
import type { MeowConfig } from './settings.ts';

/**
 * Latents in ±REACH stand for all actions of the clipped form: beyond the margin the slope stays what it is there, 2e-5 for each
 * unit of a latent, and an action has 1e-5 left.
 */
const REACH = FARTHEST_LATENT + 0.5;

/** Logarithms of weights are no smaller than this: a metric has to be finite whatever the policy has become. */
const LEAST_LOG_WEIGHT = -1e4;
/** Logarithm of what is nothing beside any weight. */
const NONE = 2 * LEAST_LOG_WEIGHT;

/** Whether an entry of a latent lies farther from 0 than `bound`, [rows], bool. */
export const isBeyond = (latent: Tensor, bound: number): Tensor =>
  greater(max(abs(latent), { axes: [1] }), bound);

/** log(eˣ + eʸ), also where one of them is far below the other. */
const logAddExp = (x: Tensor, y: Tensor): Tensor => add(maximum(x, y), softplus(neg(abs(sub(x, y)))));

/** log |∂a/∂t|, [rows]. */
const logSlope = (latent: Tensor): Tensor => sum(logSquashSlope(latent), { axes: [1] });

/**
 * log(exp(energy) · |∂a/∂t|) of latents t, [rows], with the energy that training gives them: in the form `action`, where Q sees
 * actions clipped at the margin, that of the nearest latent inside, and none for latents that stand for no action.
 */
function logIntegrand(
  flow: EnergyFlow,
  latent: Tensor,
  state: Tensor,
  { coordinates }: Pick<MeowConfig, 'coordinates'>,
): Tensor {
  if (coordinates === 'latent') return add(flow.energyOfLatent(latent, state), logSlope(latent));
  const inside = clip(latent, -FARTHEST_LATENT, FARTHEST_LATENT);
  const energy = add(flow.energy(tanh(inside), state), logSlope(inside));
  return where(isBeyond(latent, REACH), constant(NONE), energy);
}

/** What {@link valueGap} draws its samples from. */
export interface ValueGapSamples {
  /** [states, features] */
  readonly state: Tensor;
  /** Standard normal numbers, [samples · states, A]: all states once, then again. */
  readonly noise: Tensor;
  /** Numbers uniform in [−1, 1), [samples · states, A]. */
  readonly uniform: Tensor;
}

/**
 * How much more V is than the integral that it stands for, in nats, [states]:
 *
 *     gap = logNormalizer(s) − log ∫ exp(energy(a, s)) da = (V(s) − α log ∫ exp(Q(s, a) / α) da) / α
 *
 * The integral is estimated in the coordinate t = atanh a, from as many latents of the policy p as uniform ones u of ±(atanh(1 − 1e-5) + ½),
 * each with the balance heuristic's weight:
 *
 *     ∫ ≈ mean over both of exp(energy(tanh t, s)) Π (1 − tanh² tᵢ) / (½ p(t|s) + ½ u(t))
 *
 * A policy whose V is the integral has about 0, the mean of few bounded numbers. Mass that training doesn't see at the action where it
 * lies, beyond the margin in the form `action`, makes it large: where all of it does, samples miss what is left of the integral, and the gap
 * is too large rather than too small. The uniform share ε, which is exact, isn't estimated: with I the flow's part the gap is
 * −log((1 − ε) I / exp(logNormalizer) + ε).
 *
 * Reference: Veach and Guibas, Optimally Combining Sampling Techniques for Monte Carlo Rendering (1995), section 3.
 */
export function valueGap(
  { invertible, latents }: Pick<MeowNetworks, 'invertible' | 'latents'>,
  { state, noise, uniform }: ValueGapSamples,
  config: Pick<MeowConfig, 'coordinates' | 'uniformShare'>,
): Tensor {
  const flow = latents();
  const [rows = 1] = noise.shape;
  const [states = 1] = state.shape;
  const sampled = flow.sample(noise, state);
  const points = concat([sampled.latent, mul(REACH, uniform)]);
  const ofUniform = slice(flow.logProb(points, state), { axis: 0, start: Number(rows) });
  const logPolicy = concat([sampled.logProb, ofUniform]);
  const logBox = flow.size * Math.log(2 * REACH);
  const logUniform = where(isBeyond(points, REACH), constant(NONE), constant(-logBox));
  const logMixture = sub(logAddExp(logPolicy, logUniform), Math.LN2);
  const ofPoints = logIntegrand(invertible(), points, state, config);
  const logShares = sub(sub(ofPoints, repeatForRows(flow.logNormalizer(state), points)), logMixture);
  const samples = (2 * Number(rows)) / Number(states);
  const logWeights = reshape(maximum(logShares, LEAST_LOG_WEIGHT), [samples, states]);
  const logShare = sub(logSumExp(logWeights, { axes: [0] }), Math.log(samples));
  const { uniformShare } = config;
  if (uniformShare === 0) return neg(logShare);
  const ofFlow = add(logShare, Math.log1p(-uniformShare));
  return neg(logAddExp(ofFlow, constant(Math.log(uniformShare))));
}
