import { stream } from '@meow-rl/random';
import type { Actor } from '@meow-rl/train';

/** How much a policy is disturbed: standard deviations of normal noise, new in each step and entry. */
export interface Disturbance {
  /** Added to observations, in the environment's own units, before the policy sees them. */
  readonly observationNoise: number;
  /** Added to actions, as a share of half their range, before the environment takes them; they are clipped to their bounds. */
  readonly actionNoise: number;
}

// Streams 0 and 1 of an evaluation's seed are the environment's and the sampled actions'.
const OBSERVATION_STREAM = 2;
const ACTION_STREAM = 3;

/**
 * An actor that sees noisy observations and whose actions are noisy. Noise of each kind has a stream of its own, so that other
 * sizes, and sampled actions, are disturbed by the same draws.
 */
export function noisyActor(
  actor: Actor,
  { observationNoise, actionNoise }: Disturbance,
  seed: number,
): Actor {
  const [ofObservations, ofActions] = [stream(seed, OBSERVATION_STREAM), stream(seed, ACTION_STREAM)];
  const { actionSpace, actionSize } = actor;
  const low = actionSpace?.low ?? new Float64Array(actionSize).fill(-1);
  const high = actionSpace?.high ?? new Float64Array(actionSize).fill(1);
  return {
    ...actor,
    act: async (observations, options) => {
      const seen =
        observationNoise === 0
          ? observations
          : observations.map((value) => value + observationNoise * ofObservations.normal());
      const actions = await actor.act(seen, options);
      if (actionNoise === 0) return actions;
      return actions.map((action, i) => {
        const [least = -1, most = 1] = [low[i % actionSize], high[i % actionSize]];
        const unit = Number.isFinite(most - least) ? (most - least) / 2 : 1;
        return Math.min(most, Math.max(least, action + actionNoise * unit * ofActions.normal()));
      });
    },
  };
}
