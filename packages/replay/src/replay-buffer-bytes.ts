import { leafCount } from './sum-tree.ts';
import type { TransitionSizes } from './transition-batch.ts';
import type { ObservationStorage } from './transition-ring.ts';

const BYTES = { float32: 4, float16: 2 };
const LINK_BYTES = 8;
const NODE_BYTES = 8;

/**
 * Bytes of memory that a {@link replayBuffer} with these options allocates, all of it when it is made:
 *
 *     transitions    4 capacity (2 obs + act + 2), with observations in float16 4 capacity (obs + act + 2)
 *     nStep > 1      8 capacity
 *     prioritized    16 times the capacity, rounded up to a power of two
 *
 * Batches and states are on top of that: a whole `state()` is another copy of the transitions held.
 *
 * @param options options of `replayBuffer`, of which only these count
 */
export function replayBufferBytes({
  capacity,
  observationSize,
  actionSize,
  nStep = 1,
  prioritized,
  observationStorage = 'float32',
}: TransitionSizes & {
  readonly capacity: number;
  readonly nStep?: number;
  readonly prioritized?: unknown;
  readonly observationStorage?: ObservationStorage;
}): number {
  const observations = BYTES[observationStorage] * 2 * observationSize;
  const transitions = capacity * (observations + BYTES.float32 * (actionSize + 2));
  const links = nStep === 1 ? 0 : LINK_BYTES * capacity;
  const tree = prioritized === undefined ? 0 : 2 * NODE_BYTES * leafCount(capacity);
  return transitions + links + tree;
}
