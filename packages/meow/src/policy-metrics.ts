import { constant, slice, toFloat } from '@meow-rl/graph';
import { normal, uniform } from '@meow-rl/learner';
import type { LossInputs, Stage, StageLoss } from '@meow-rl/learner';
import { FARTHEST_LATENT } from '@meow-rl/nn';

import { entropyOf } from './loss.ts';
import type { MeowGroups } from './loss.ts';
import type { MeowConfig } from './settings.ts';
import { isBeyond, valueGap } from './value-gap.ts';

/** Updates between two that report how the policy is: it takes passes through the couplings. */
const REPORT_EVERY = 100;

/** States of a batch that the value gap is estimated at, and samples of either kind at each: at most, as the batch has rows. */
const [GAP_STATES, GAP_SAMPLES] = [8, 32];

/** The largest entropy that a density on [−1, 1]^A can have, that of the uniform one: A log 2. */
export const entropyBound = (actionSize: number): number => actionSize * Math.LN2;

/** Estimates the value gap at some states of the batch, [states]. */
function valueGapOf({ batch, networks, noise }: LossInputs<MeowGroups>, config: MeowConfig) {
  const rows = Number(batch.observation.shape[0]);
  const samples = Math.min(GAP_SAMPLES, rows);
  const states = Math.min(GAP_STATES, Math.floor(rows / samples));
  const first = (x: ReturnType<typeof noise>, end: number) => slice(x, { axis: 0, end });
  return valueGap(
    networks.ebflow,
    {
      state: first(batch.observation, states),
      noise: first(noise('policy'), samples * states),
      uniform: first(noise('uniform'), samples * states),
    },
    config,
  );
}

/** Reports the policy's entropy, unless the temperature's stage does, and whether V can still be the integral of its Q. */
function policyMetrics(inputs: LossInputs<MeowGroups>, config: MeowConfig): StageLoss<never> {
  const { batch, networks, noise, mean } = inputs;
  const sampled = noise('policy');
  const { latent } = networks.ebflow.latents().sample(sampled, batch.observation);
  return {
    losses: {},
    metrics: {
      ...(!config.tuneTemperature && { entropy: entropyOf(inputs) }),
      entropyBound: mean(constant(entropyBound(Number(sampled.shape[1])))),
      beyondMargin: mean(toFloat(isBeyond(latent, FARTHEST_LATENT))),
      valueGap: mean(valueGapOf(inputs, config)),
    },
  };
}

/** The stage that reports {@link policyMetrics} in every hundredth update. */
export const policyReport = (actionSize: number, config: MeowConfig): Stage<MeowGroups> => ({
  trains: {},
  every: REPORT_EVERY,
  noise: { policy: normal(actionSize), uniform: uniform(-1, 1, actionSize) },
  loss: (inputs) => policyMetrics(inputs, config),
});
