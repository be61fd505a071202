import type { RolloutBufferOptions } from './rollout-state.ts';

const FLOAT_BYTES = 4;
/** Rewards, log-probabilities, values and those of what follows. */
const NUMBERS = 4;
/** Whether the task ended, and whether the episode did. */
const FLAG_BYTES = 2;

/**
 * Bytes of memory that a `rolloutBuffer` with these options allocates, all of it when it is made: `T N (4 (obs + act + 4) + 2)`.
 * An update takes about as much again for its estimates.
 */
export const rolloutBufferBytes = ({
  steps,
  numEnvs,
  observationSize,
  actionSize,
}: RolloutBufferOptions): number =>
  steps * numEnvs * (FLOAT_BYTES * (observationSize + actionSize + NUMBERS) + FLAG_BYTES);
