import { atanh, scoped, sub, tanh } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

import { boundedLogScale } from './bounded-log-scale.ts';
import { gaussianLogDensities, sampleGaussian, sumOverEntries } from './gaussian.ts';
import type { Gaussian } from './gaussian.ts';
import { linearLayer } from './linear-layer.ts';
import { featureSizes, hiddenLayers } from './mlp.ts';
import type { HiddenLayersOptions } from './mlp.ts';
import { modules } from './module.ts';
import type { Module } from './module.ts';
import { insideSquash, logSquashSlope } from './squash.ts';

/** Options of {@link squashedGaussianPolicy}. */
export interface SquashedGaussianPolicyOptions extends Omit<HiddenLayersOptions, 'inputs'> {
  readonly observationSize: number;
  readonly actionSize: number;
  /** The range of log σ. */
  readonly logStdMin: number;
  readonly logStdMax: number;
}

/** A policy over actions in (−1, 1). Shapes: states [states, O]; noise and actions [k · states, A], k blocks of rows. */
export interface SquashedGaussianPolicy {
  /** Actions from standard normal noise, with log π(a|s) [rows] and the latents u = atanh a, [rows, A]. */
  readonly sample: (
    state: Tensor,
    noise: Tensor,
  ) => { readonly action: Tensor; readonly logProb: Tensor; readonly latent: Tensor };
  /** The deterministic action tanh μ(s), [states, A]. */
  readonly mode: (state: Tensor) => Tensor;
  /** log π(a|s), [rows]; actions nearer to ±1 than `SQUASH_MARGIN` are moved inside. */
  readonly logProb: (action: Tensor, state: Tensor) => Tensor;
}

/**
 * A Gaussian policy squashed by tanh:
 *
 *     h = hidden layers(s),   μ = W h + b,   log σ = boundedLogScale(W′ h + b′, logStdMin, logStdMax)
 *     u = μ + σ ε,   a = tanh u,   log π(a|s) = Σ −½ ε² − log σ − ½ log 2π − log(1 − tanh² u)
 *
 * Parameters are those of the hidden layers, `<name>.<k>.weight` and so on, then `<name>.mean.weight`, `.mean.bias`,
 * `<name>.logStd.weight` and `.logStd.bias`.
 *
 * Reference: Haarnoja et al., Soft Actor-Critic (2018), appendix C.
 */
export function squashedGaussianPolicy(
  options: SquashedGaussianPolicyOptions,
): Module<SquashedGaussianPolicy> {
  const { name, observationSize, actionSize, hidden, logStdMin, logStdMax, weights, biases } = options;
  const inputs = [observationSize];
  const head = (part: string): ReturnType<typeof linearLayer> =>
    linearLayer({
      name: `${name}.${part}`,
      inputs: featureSizes({ inputs, hidden }),
      output: actionSize,
      ...(weights && { weights }),
      ...(biases && { biases }),
    });
  const networks = modules({
    features: hiddenLayers({ ...options, inputs }),
    mean: head('mean'),
    logStd: head('logStd'),
  });
  return {
    parameters: networks.parameters,
    bind: (params) => {
      const { features, mean, logStd } = networks.bind(params);
      const distribution = (state: Tensor): Gaussian => {
        const h = features([state]);
        return { mean: mean(h), logStd: boundedLogScale(logStd(h), logStdMin, logStdMax) };
      };
      return {
        sample: scoped(name, (state: Tensor, noise: Tensor) => {
          const { sample: latent, logDensities } = sampleGaussian(distribution(state), noise);
          return {
            action: tanh(latent),
            logProb: sumOverEntries(sub(logDensities, logSquashSlope(latent))),
            latent,
          };
        }),
        mode: scoped(name, (state: Tensor) => tanh(mean(features([state])))),
        logProb: scoped(name, (action: Tensor, state: Tensor) => {
          const latent = atanh(insideSquash(action));
          const densities = gaussianLogDensities(distribution(state), latent);
          return sumOverEntries(sub(densities, logSquashSlope(latent)));
        }),
      };
    },
  };
}
