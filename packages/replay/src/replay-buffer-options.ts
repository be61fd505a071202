import type { Generator } from '@meow-rl/random';

import { checkPositive, checkWithin } from './check-options.ts';
import { checkNStep } from './n-step.ts';
import type { PrioritizedOptions } from './prioritized.ts';
import type { TransitionSizes } from './transition-batch.ts';
import type { ObservationStorage } from './transition-ring.ts';

/** Options of `replayBuffer`: the sizes, what is drawn and how, and a seed or a generator to draw with. */
export type ReplayBufferOptions = TransitionSizes & {
  /** Transitions kept; the oldest make room for the newest. */
  readonly capacity: number;
  /** γ in [0, 1], which rewards and values are discounted by for each step. */
  readonly discount: number;
  /** n, the most steps that a transition drawn spans. Default: 1. */
  readonly nStep?: number;
  /** Draws by priority; `{}` takes the paper's settings. Default: uniformly, without `weights` and `indices`. */
  readonly prioritized?: PrioritizedOptions;
  /**
   * What observations are kept as; batches are float32 either way. `float16` halves their memory and rounds each entry to
   * nearest: by at most 2^-11 of it, or 2^-25 where it is below 2^-14. Entries beyond 65504 are refused. Default: `float32`.
   */
  readonly observationStorage?: ObservationStorage;
} & (
    | { readonly seed: number; readonly generator?: never }
    | { readonly generator: Generator; readonly seed?: never }
  );

/** Throws unless the sizes are positive integers and the other options in their ranges. */
export function checkOptions({
  capacity,
  observationSize,
  actionSize,
  discount,
  nStep = 1,
  observationStorage = 'float32',
}: ReplayBufferOptions): void {
  for (const [name, value] of Object.entries({ capacity, observationSize, actionSize })) {
    checkPositive(`${name} is ${String(value)}`, value);
  }
  checkWithin('discount', discount, 0, 1);
  checkNStep(nStep, capacity);
  if (observationStorage !== 'float32' && observationStorage !== 'float16') {
    throw new RangeError(
      `replay: observationStorage is ${String(observationStorage)}, expected 'float32' or 'float16'.`,
    );
  }
}
