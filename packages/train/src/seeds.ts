import { createGenerator, stream } from '@meow-rl/random';

/**
 * The stream of a run's seed that each use of randomness takes, so that one number fixes a whole run and no two uses
 * share theirs. The loops take `environment`, `exploration` and `evaluation`; the others are for whoever makes the
 * replay buffer and the agent. Saved runs depend on these numbers: append, never renumber.
 */
export const seedStreams = Object.freeze({
  environment: 0,
  exploration: 1,
  evaluation: 2,
  replay: 3,
  agent: 4,
});

/** A use of randomness in a run. */
export type SeedStream = keyof typeof seedStreams;

/** The seed of environments that are reset where a run goes on at a step, because they couldn't be saved: an integer in [0, 2^32). */
export const restartSeed = (seed: number, step: number): number =>
  createGenerator(seedFor('environment', seed) + step).integer(2 ** 32);

/**
 * A seed, an integer in [0, 2^32), for one use of randomness in the run with the given seed.
 *
 * @throws RangeError if `seed` isn't a safe integer
 */
export function seedFor(use: SeedStream, seed: number): number {
  return stream(seed, seedStreams[use]).integer(2 ** 32);
}
