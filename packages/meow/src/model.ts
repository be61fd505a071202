import {
  alternatingMask,
  coupling,
  elementwiseScale,
  energyFlow,
  gaussianPrior,
  shift,
  tanhSquash,
} from '@meow-rl/flows';
import type { EnergyFlow } from '@meow-rl/flows';
import { add, minimum, mul, parameterLayout, reshape } from '@meow-rl/graph';
import type { ParameterLayout, Parameters, Tensor } from '@meow-rl/graph';
import { boundedLogScale, initialize, mlp, modules, orthogonal, swish, zeros } from '@meow-rl/nn';
import type { Dropout, Module, Network } from '@meow-rl/nn';
import type { Generator } from '@meow-rl/random';

import type { MeowConfig } from './settings.ts';

/** Entries of an observation and of an action. */
export interface Sizes {
  readonly observationSize: number;
  readonly actionSize: number;
}

/** MEow's networks: their parameters, how they start, and how they become a policy and soft values. */
export interface MeowModel extends Sizes {
  readonly config: MeowConfig;
  readonly layout: ParameterLayout;
  /** Start values of all parameters as one flat vector. */
  readonly initialize: (random: Generator) => Float32Array;
  /** The networks with the given parameters, as parts of a graph. */
  readonly bind: (params: Parameters, dropout?: Dropout) => BoundModel;
  /** Number of hidden activations that dropout is applied to when a density is computed. */
  readonly dropoutLayers: number;
}

/** MEow's networks inside a graph. */
export interface BoundModel {
  /** The policy π(a|s). */
  readonly flow: EnergyFlow;
  /** log σ(s) of the prior, [states, actionSize]. */
  readonly logSigma: (state: Tensor) => Tensor;
  /** The learnable reward shifts b₁(s) and b₂(s), [states] each. */
  readonly shifts: (state: Tensor) => readonly [Tensor, Tensor];
  /** `Qᵢ(s, a) = α (energy(a, s) + bᵢ(s))`, [rows] each. */
  readonly softQ: (state: Tensor, action: Tensor) => readonly [Tensor, Tensor];
  /** `Vᵢ(s) = α (logNormalizer(s) + bᵢ(s))`, [states] each; the couplings are not evaluated. */
  readonly softV: (state: Tensor) => readonly [Tensor, Tensor];
}

/** `min(V₁, V₂)`: the pessimistic one of the two soft values. */
export const pessimistic = ([first, second]: readonly [Tensor, Tensor]): Tensor => minimum(first, second);

/**
 * MEow's networks for a task.
 *
 * The policy is a flow: normal noise, scaled by σ(s), moved by additive couplings, squashed by tanh. Two networks shift
 * the rewards, which moves Q and V alike and leaves the policy as it is.
 *
 * Reference: Chao et al., MEow (2024), equation 9 and "Practical implementation".
 */
export function meowModel({ observationSize, actionSize }: Sizes, config: MeowConfig): MeowModel {
  const { alpha, couplings, hidden, shiftHidden, logSigmaMin, logSigmaMax } = config;
  const conditioners = Array.from({ length: couplings }, (_, i) =>
    mlp({
      name: `coupling${i}`,
      inputs: [actionSize, observationSize],
      hidden,
      output: actionSize,
      activation: swish,
      layerNorm: true,
      weights: orthogonal(),
    }),
  );
  const prior = mlp({
    name: 'prior',
    inputs: [observationSize],
    hidden,
    output: actionSize,
    activation: swish,
    weights: zeros,
  });
  const rewardShift = (i: number): Module<Network> =>
    mlp({
      name: `shift${i}`,
      inputs: [observationSize],
      hidden: shiftHidden,
      output: 1,
      activation: swish,
      weights: zeros,
    });
  const networks = modules({
    conditioners: modules(conditioners),
    prior,
    shift1: rewardShift(1),
    shift2: rewardShift(2),
  });
  const layout = parameterLayout(networks.parameters);

  const bind: MeowModel['bind'] = (params, dropout) => {
    const { conditioners, prior, shift1, shift2 } = networks.bind(params);
    const logSigma = (state: Tensor): Tensor => boundedLogScale(prior([state]), logSigmaMin, logSigmaMax);
    const layers = conditioners.map((network, i) =>
      coupling({
        mask: alternatingMask(actionSize, i),
        conditioner: (masked, state) => network([masked, state], dropout),
        transform: shift,
      }),
    );
    const flow = energyFlow({
      prior: gaussianPrior(actionSize),
      layers: [elementwiseScale({ size: actionSize, logScale: logSigma }), ...layers],
      squash: tanhSquash(actionSize),
    });
    const shifts: BoundModel['shifts'] = (state) => {
      const flat = (network: Network): Tensor => reshape(network([state]), [state.shape[0] ?? 1]);
      return [flat(shift1), flat(shift2)];
    };
    const shifted = (value: Tensor, state: Tensor): readonly [Tensor, Tensor] => {
      const [first, second] = shifts(state);
      return [mul(alpha, add(value, first)), mul(alpha, add(value, second))];
    };
    return {
      flow,
      logSigma,
      shifts,
      softQ: (state, action) => shifted(flow.energy(action, state), state),
      softV: (state) => shifted(flow.logNormalizer(state), state),
    };
  };

  return {
    observationSize,
    actionSize,
    config,
    layout,
    bind,
    initialize: (random) => initialize(networks, random),
    dropoutLayers: config.dropout > 0 ? couplings * hidden.length : 0,
  };
}
