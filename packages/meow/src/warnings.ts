import type { Sizes } from '@meow-rl/learner';
import { hasEffect } from '@meow-rl/learner/settings';

import { entropyBound } from './policy-metrics.ts';
import { MEOW_DEFAULTS, MEOW_SETTINGS } from './settings.ts';
import type { MeowConfig } from './settings.ts';

type Metrics = Readonly<Record<string, number>>;

/** Share of the policy's mass beyond the margin that is too much. */
const MOST_BEYOND = 0.01;

/** Standard errors of an estimate above what is too much: chance alone goes so far once in 700 times. */
const STANDARD_ERRORS = 3;

/** What keeps V the integral of Q, or what else can be done where all of it is set. */
function remedy(config: MeowConfig): string {
  const { coordinates, couplingBound, uniformShare } = config;
  const isBoundable = hasEffect(MEOW_SETTINGS, 'couplingBound', config);
  const isExact = coordinates === 'latent' && (couplingBound > 0 || !isBoundable) && uniformShare > 0;
  const { coordinates: latent, couplingBound: bound, uniformShare: share } = MEOW_DEFAULTS;
  const bounded = isBoundable ? `, couplingBound ${bound}` : '';
  const settings = isExact
    ? 'a lower learningRate or gradClip'
    : `coordinates ${latent}${bounded} and uniformShare ${share}, which are the defaults`;
  return `Take the policy of an earlier checkpoint if returns have fallen, and begin a new run with ${settings}.`;
}

/**
 * What MEow's metrics show before a run is lost to a soft value that is no longer the integral of its Q.
 *
 *     entropyAboveBound   entropy > A log 2 + 3 √(A / 2N), the variance of ½ Σ ε² being A/2
 *     massBeyondMargin    beyondMargin > p + 3 √(p (1 − p) / N) with p = 1 %
 */
export function meowWarnings({ actionSize }: Sizes, config: MeowConfig) {
  const { batchSize, coordinates } = config;
  const mostEntropy = entropyBound(actionSize) + STANDARD_ERRORS * Math.sqrt(actionSize / (2 * batchSize));
  const mostBeyond = MOST_BEYOND + STANDARD_ERRORS * Math.sqrt((MOST_BEYOND * (1 - MOST_BEYOND)) / batchSize);
  return {
    entropyAboveBound: ({ entropy }: Metrics) =>
      entropy === undefined || entropy <= mostEntropy
        ? undefined
        : `The policy's entropy is ${entropy.toFixed(2)} nats, and no density on [-1, 1]^${actionSize} has more than ${entropyBound(actionSize).toFixed(2)}: ` +
          `V is larger than alpha log of the integral of exp(Q / alpha), and Q bootstraps on entropy that there is none of. ${remedy(config)}`,
    // In latent coordinates this mass is trained at the latents where it lies, like any other.
    ...(coordinates === 'action' && {
      massBeyondMargin: ({ beyondMargin }: Metrics) =>
        beyondMargin === undefined || beyondMargin <= mostBeyond
          ? undefined
          : `${(100 * beyondMargin).toFixed(1)} % of the sampled actions have an entry that is nearer to -1 or 1 than 1e-5: ` +
            `V counts their mass, Q is trained at the clipped action and doesn't lower it, so V is larger than alpha log of the integral of exp(Q / alpha). ${remedy(config)}`,
    }),
  };
}
