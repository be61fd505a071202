import type { FloatArray } from '@meow-rl/graph';

import type { LearnerMemory } from './memory.ts';

/**
 * How a thread hands in its gradient and gets those of all: through shared memory, waiting until the last has come. Nobody
 * writes a gradient before all have been read, because the next update starts after every thread has ended this one.
 *
 * @param index of the thread
 */
export function gradientExchange(
  { gradients, arrivals }: Pick<LearnerMemory, 'gradients' | 'arrivals'>,
  index: number,
): (own: FloatArray) => readonly FloatArray[] {
  const copies = gradients.map(({ length }) => new Float32Array(length));
  let complete = 0;
  return (own) => {
    gradients[index]?.set(own);
    complete = (complete + gradients.length) | 0;
    Atomics.add(arrivals, 0, 1);
    Atomics.notify(arrivals, 0);
    for (;;) {
      const arrived = Atomics.load(arrivals, 0);
      // The difference is right also where the counter has overflown.
      if (((arrived - complete) | 0) >= 0) break;
      Atomics.wait(arrivals, 0, arrived);
    }
    return gradients.map((shared, i) => {
      const copy = copies[i];
      if (i === index || !copy) return own;
      copy.set(shared);
      return copy;
    });
  };
}
