import { scoped } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';

import type { Activation } from './activation.ts';
import { gaussianEntropy, gaussianLogDensities, sampleGaussian, sumOverEntries } from './gaussian.ts';
import type { Gaussian } from './gaussian.ts';
import type { Initializer } from './initializers.ts';
import { mlp } from './mlp.ts';
import type { Module } from './module.ts';

/** Options of {@link gaussianPolicy}. */
export interface GaussianPolicyOptions {
  /** Prefix of the parameters' names. */
  readonly name: string;
  readonly observationSize: number;
  readonly actionSize: number;
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  readonly activation: Activation;
  /** Where log σ starts; default 0. */
  readonly initialLogStd?: number;
  /** Start of the weights; default `uniformFanIn`, as PyTorch. */
  readonly weights?: Initializer;
  /** Start of the last layer's weights; default as all weights. */
  readonly outputWeights?: Initializer;
  /** Start of the biases; default `uniformFanIn`, as PyTorch. */
  readonly biases?: Initializer;
}

/** A stochastic policy with a density. Shapes: states [states, O]; noise and actions [k · states, A], k blocks of rows. */
export interface GaussianPolicy {
  /** Actions from standard normal noise, with log π(a|s), [rows]. */
  readonly sample: (state: Tensor, noise: Tensor) => { readonly action: Tensor; readonly logProb: Tensor };
  /** The most likely action, [states, A]. */
  readonly mode: (state: Tensor) => Tensor;
  /** log π(a|s), [rows]. */
  readonly logProb: (action: Tensor, state: Tensor) => Tensor;
  /** Entropy of π(·|s), a scalar: it is the same for all states. */
  readonly entropy: Tensor;
}

/**
 * A Gaussian policy whose deviation does not depend on the state, over unbounded actions:
 *
 *     a = μ(s) + σ ε,   log π(a|s) = Σ −½ ((a − μ) / σ)² − log σ − ½ log 2π
 *
 * Parameters are those of the network of μ, `<name>.<k>.weight` and so on, and `<name>.logStd` [A].
 *
 * Reference: Schulman et al., Proximal Policy Optimization Algorithms (2017), section 6.1.
 */
export function gaussianPolicy(options: GaussianPolicyOptions): Module<GaussianPolicy> {
  const { name, observationSize, actionSize, initialLogStd = 0 } = options;
  const mean = mlp({ ...options, inputs: [observationSize], output: actionSize });
  const logStdName = `${name}.logStd`;
  const initial = (): Float32Array => new Float32Array(actionSize).fill(initialLogStd);
  return {
    parameters: [...mean.parameters, { name: logStdName, shape: [actionSize], initial }],
    bind: (params) => {
      const meanOf = mean.bind(params);
      const logStd = params(logStdName);
      const distribution = (state: Tensor): Gaussian => ({ mean: meanOf([state]), logStd });
      return {
        sample: scoped(name, (state: Tensor, noise: Tensor) => {
          const { sample, logDensities } = sampleGaussian(distribution(state), noise);
          return { action: sample, logProb: sumOverEntries(logDensities) };
        }),
        mode: (state) => meanOf([state]),
        logProb: scoped(name, (action: Tensor, state: Tensor) =>
          sumOverEntries(gaussianLogDensities(distribution(state), action)),
        ),
        entropy: scoped(name, () => gaussianEntropy(logStd))(),
      };
    },
  };
}
