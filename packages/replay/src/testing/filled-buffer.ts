import { createGenerator } from '@meow-rl/random';

import { replayBuffer, type ReplayBuffer } from '../replay-buffer.ts';

/** What {@link filledBuffer} makes. */
export interface FilledBuffer {
  readonly buffer: ReplayBuffer;
  /** Adds random transitions of two environments. */
  add(count: number): void;
  /** Draws batches and gives random TD errors. */
  learn(): void;
}

const sizes = { observationSize: 3, actionSize: 2 };

/** A prioritized n-step buffer of 100 rows unless told otherwise, or a plain one. */
export const emptyBuffer = (seed: number, plain = false, capacity = 100): ReplayBuffer =>
  replayBuffer({
    capacity,
    ...sizes,
    discount: 0.9,
    seed,
    ...(!plain && { nStep: 3, prioritized: {} }),
  });

/** A buffer and what happens to it in training, the same for the same seed. */
export function filledBuffer(seed: number, plain = false, capacity = 100): FilledBuffer {
  const buffer = emptyBuffer(seed, plain, capacity);
  const generator = createGenerator(seed);
  const random = (length: number) => {
    const values = new Float32Array(length);
    generator.fillNormal(values);
    return values;
  };
  const current = [random(3), random(3)];
  let turn = 0;
  return {
    buffer,
    add(count) {
      for (let i = 0; i < count; i += 1) {
        const environment = (turn += 1) % 2;
        const nextObservations = random(3);
        const done = generator.integer(8) === 0;
        const observations = current[environment] ?? nextObservations;
        const terminated = Uint8Array.of(Number(done && generator.integer(2) === 0));
        const transition = {
          observations,
          actions: random(2),
          rewards: random(1),
          nextObservations,
          terminated,
        };
        buffer.add(transition, { rows: [environment], done: [Number(done)] });
        current[environment] = done ? random(3) : nextObservations;
      }
    },
    learn() {
      const { indices } = buffer.sample(8);
      if (indices) buffer.updatePriorities(indices, random(8).map(Math.abs));
    },
  };
}
