import { box } from '@meow-rl/envs';
import type { Box } from '@meow-rl/envs';
import { stream } from '@meow-rl/random';

import type { ObservationScaling } from './deployment.ts';
import { PolicyFileError } from './errors.ts';

/** Which observations a file and its agent are compared on. */
export interface ProbeOptions {
  /** How many; default 1000. */
  readonly observations?: number;
  /** Seed of those that are drawn; default 0. */
  readonly seed?: number;
  /**
   * [n, obs] observations that the agent has met, of which the first ones are taken: better than any drawn ones. Default:
   * none.
   */
  readonly probes?: Float32Array;
  /** Without probes observations are drawn where this standardization is at home: spread like those it has seen. */
  readonly normalizer?: ObservationScaling;
}

/** Bounds farther out than this are there for form's sake, as Gymnasium's CartPole has ±3.4e38: nothing is observed there. */
const FAR = 1e4;

/**
 * Observations to compare on, row-major: probes, or normal ones around the mean of a standardization, or random ones of the
 * space as `Box.sample` draws them, where bounds beyond ±10,000 count as infinite.
 *
 * @throws PolicyFileError if the probes are no rows of the space's size, or not finite
 */
export function probeObservations(
  space: Box,
  {
    observations,
    seed,
    probes,
    normalizer,
  }: ProbeOptions & Required<Pick<ProbeOptions, 'observations' | 'seed'>>,
): Float32Array {
  if (probes) return firstRows(probes, space.size, observations);
  const random = stream(seed, 0);
  const all = new Float32Array(observations * space.size);
  if (normalizer) {
    const { mean, scale } = normalizer;
    return all.map((_, i) => {
      const entry = i % space.size;
      return (mean[entry] ?? Number.NaN) + random.normal() / (scale[entry] ?? Number.NaN);
    });
  }
  const near = box({
    low: space.low.map((low) => (low < -FAR ? Number.NEGATIVE_INFINITY : low)),
    high: space.high.map((high) => (high > FAR ? Number.POSITIVE_INFINITY : high)),
  });
  for (let row = 0; row < observations; row++) all.set(space.clip(near.sample(random)), row * space.size);
  return all;
}

function firstRows(probes: Float32Array, size: number, rows: number): Float32Array {
  if (probes.length === 0 || probes.length % size !== 0)
    throw new PolicyFileError(
      `verify: the probes have ${probes.length} entries, expected one or more rows of ${size}. Give observations of the environment.`,
    );
  const taken = probes.slice(0, rows * size);
  const bad = taken.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0)
    throw new PolicyFileError(
      `verify: entry ${bad % size} of probe ${Math.floor(bad / size)} is ${taken[bad]}, expected a finite number. Find out which environment observed it.`,
    );
  return taken;
}
