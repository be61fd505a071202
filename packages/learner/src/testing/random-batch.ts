import { createGenerator } from '@meow-rl/random';
import type { TransitionBatch } from '@meow-rl/replay';

import type { Sizes } from '../definition.ts';

/** A batch of random transitions, of which about every fifth ends its episode. */
export function randomBatch(
  seed: number,
  rows: number,
  { observationSize, actionSize }: Sizes,
): TransitionBatch {
  const random = createGenerator(seed);
  const uniform = (count: number, bound: number): Float32Array => {
    const values = new Float32Array(count);
    random.fillUniform(values, -bound, bound);
    return values;
  };
  const terminated = Float32Array.from({ length: rows }, () => Number(random.uniform() < 0.2));
  return {
    observations: uniform(rows * observationSize, 1.5),
    actions: uniform(rows * actionSize, 0.95),
    rewards: uniform(rows, 3),
    nextObservations: uniform(rows * observationSize, 1.5),
    terminated,
    discounts: terminated.map((ended) => 0.99 * (1 - ended)),
  };
}
