import {
  clippedTanhSquash,
  elementwiseScale,
  energyFlow,
  gaussianPrior,
  namedBijector,
  tanhSquash,
  uniformMixture,
} from '@meow-rl/flows';
import type { EnergyFlow } from '@meow-rl/flows';
import { add, atanh, GraphError, minimum, mul, reshape, scoped } from '@meow-rl/graph';
import type { Tensor, TensorLike } from '@meow-rl/graph';
import type { Replayed, Sizes } from '@meow-rl/learner';
import {
  boundedLogScale,
  filledWith,
  insideSquash,
  mlp,
  modules,
  swish,
  inverseBoundedLogScale,
  zeros,
} from '@meow-rl/nn';
import type { Dropout, Initializer, Module } from '@meow-rl/nn';

import { couplingSteps } from './coupling-steps.ts';
import type { MeowConfig } from './settings.ts';

/** MEow's networks inside a graph: one flow that is the policy, and soft values that come out of it. */
export interface MeowNetworks {
  /** The policy π(a|s). */
  readonly flow: (dropout?: Dropout) => EnergyFlow;
  /** The same without the uniform share: what actions are sampled from. */
  readonly invertible: (dropout?: Dropout) => EnergyFlow;
  /** `invertible` before the squash: the density of the latents, exact however far they lie. */
  readonly latents: () => EnergyFlow;
  /** log σ(s) of the prior, [states, A]. */
  readonly logSigma: (state: Tensor) => Tensor;
  /** The learnable reward shifts bᵢ(s), [states] each. */
  readonly shifts: (state: Tensor) => readonly Tensor[];
  /**
   * `Qᵢ(s, a) = α (energy(a, s) + bᵢ(s))`, [rows] each; one without a shift if there are none. α is the setting; where that is
   * tuned, `temperatureOf` gives it.
   */
  readonly softQ: (state: Tensor, action: Tensor, alpha?: TensorLike) => readonly Tensor[];
  /** The same of what replay keeps of actions. */
  readonly softQOfReplayed: (state: Tensor, replayed: Tensor, alpha?: TensorLike) => readonly Tensor[];
  /** `Vᵢ(s) = α (logNormalizer(s) + bᵢ(s))`, [states] each; the couplings are not evaluated. */
  readonly softV: (state: Tensor, alpha?: TensorLike) => readonly Tensor[];
}

/** How many soft Q and V there are: one with each reward shift, or a single one without. */
export const valueCount = ({ shifts }: Pick<MeowConfig, 'shifts'>): number => Math.max(1, shifts);

/** Replay keeps latents: sampled ones as they are, those of actions from elsewhere inside the squash's margin. */
export const replayedLatent: Replayed = {
  size: ({ actionSize }) => actionSize,
  ofAction: (action) => atanh(insideSquash(action)),
};

/** Energy of what replay keeps of actions, [rows]. */
export const replayedEnergy = (
  flow: EnergyFlow,
  replayed: Tensor,
  state: Tensor,
  { coordinates }: Pick<MeowConfig, 'coordinates'>,
): Tensor => (coordinates === 'latent' ? flow.energyOfLatent(replayed, state) : flow.energy(replayed, state));

/** The smallest of some values: the pessimistic one. */
export const pessimistic = (values: readonly Tensor[]): Tensor =>
  values.reduce((least, value) => minimum(least, value));

/**
 * Computes a tensor from another one once: what is there twice is trained by two passes back, though the engine computes it once
 * forward.
 */
function onceForEach(compute: (given: Tensor) => Tensor): (given: Tensor) => Tensor {
  const computed = new WeakMap<Tensor, Tensor>();
  return (given) => {
    const result = computed.get(given) ?? compute(given);
    computed.set(given, result);
    return result;
  };
}

/**
 * MEow's networks for a task.
 *
 * The policy is a flow: normal noise, scaled by σ(s), moved by couplings, squashed by tanh; its density is mixed with
 * a little of the uniform one. Learnable shifts move the rewards, which moves Q and V alike and leaves the policy as it is.
 *
 * Reference: Chao et al., MEow (2024), equation 9 and "Practical implementation".
 */
export function meowNetworks(sizes: Sizes, config: MeowConfig): Module<MeowNetworks> {
  const { observationSize, actionSize } = sizes;
  const { hidden, shifts, shiftHidden, coordinates, uniformShare, logSigmaMin, logSigmaMax } = config;
  const fromState = (
    name: string,
    hiddenUnits: readonly number[],
    output: number,
    outputBiases?: Initializer,
  ) =>
    mlp({
      name,
      inputs: [observationSize],
      hidden: hiddenUnits,
      output,
      activation: swish,
      weights: zeros,
      ...(outputBiases && { outputBiases }),
    });
  const parts = modules({
    steps: couplingSteps(sizes, config),
    prior: fromState('prior', hidden, actionSize, priorStart(config)),
    shifts: modules(Array.from({ length: shifts }, (_, i) => fromState(`shift${i + 1}`, shiftHidden, 1))),
  });
  return {
    parameters: parts.parameters,
    bind: (params) => {
      const networks = parts.bind(params);
      const logSigma = onceForEach(
        scoped('prior', (state: Tensor) =>
          boundedLogScale(networks.prior([state]), logSigmaMin, logSigmaMax),
        ),
      );
      const latents = (dropout?: Dropout) => ({
        prior: gaussianPrior(actionSize),
        layers: [
          namedBijector('prior', elementwiseScale({ size: actionSize, logScale: logSigma })),
          ...networks.steps(dropout),
        ],
      });
      const squash = namedBijector(
        'squash',
        (coordinates === 'latent' ? tanhSquash : clippedTanhSquash)(actionSize),
      );
      const invertible = (dropout?: Dropout) => energyFlow({ ...latents(dropout), squash });
      const flow = (dropout?: Dropout) =>
        uniformShare > 0 ? uniformMixture(invertible(dropout), uniformShare) : invertible(dropout);
      const shiftsOf = (state: Tensor) =>
        networks.shifts.map((network) => reshape(network([state]), [state.shape[0] ?? 1]));
      const shifted = (value: Tensor, state: Tensor, alpha = fixedAlpha(config)): readonly Tensor[] =>
        shifts === 0 ? [mul(alpha, value)] : shiftsOf(state).map((b) => mul(alpha, add(value, b)));
      return {
        flow,
        invertible,
        latents: () => energyFlow(latents()),
        logSigma,
        shifts: shiftsOf,
        softQ: (state, action, alpha) => shifted(flow().energy(action, state), state, alpha),
        softQOfReplayed: (state, replayed, alpha) =>
          shifted(replayedEnergy(flow(), replayed, state, { coordinates }), state, alpha),
        softV: (state, alpha) => shifted(flow().logNormalizer(state), state, alpha),
      };
    },
  };
}

/** Standard deviation of atanh a, where a is uniform in [-1, 1]. */
const UNIFORM_SIGMA = Math.PI / Math.sqrt(12);

/**
 * Start of the prior's last biases: near the uniform policy, as random actions are. From the middle of its range, as published,
 * the prior gives the latents of random actions no more than the uniform share, which nothing but V can learn from.
 */
const priorStart = ({ coordinates, logSigmaMin, logSigmaMax }: MeowConfig): Initializer | undefined =>
  coordinates === 'latent'
    ? filledWith(inverseBoundedLogScale(Math.log(UNIFORM_SIGMA), logSigmaMin, logSigmaMax))
    : undefined;

/** The setting, where it is the temperature. */
function fixedAlpha({ alpha, tuneTemperature }: MeowConfig): TensorLike {
  if (tuneTemperature)
    throw new GraphError(
      'meow: the temperature is tuned, so the setting alpha is only its start. Give the alpha of temperatureOf.',
    );
  return alpha;
}
