import type { Rollout } from '@meow-rl/replay';

import type { RolloutInput } from '../definition.ts';
import type { Advantages } from './advantages.ts';

/** A minibatch as programs read it. */
export type MinibatchData = Readonly<Record<RolloutInput, Float32Array>>;

/** Puts the transitions of a rollout with the given indices into a minibatch. */
export type Gather = (indices: Int32Array) => MinibatchData;

/** Gathers minibatches of `rows` transitions into arrays that are reused. */
export function gatherMinibatches(
  rollout: Rollout,
  { advantages, returns }: Advantages,
  rows: number,
  sizes: { readonly observationSize: number; readonly actionSize: number },
): Gather {
  const columns: readonly (readonly [RolloutInput, Float32Array, number])[] = [
    ['observation', rollout.observations, sizes.observationSize],
    ['action', rollout.actions, sizes.actionSize],
    ['logProb', rollout.logProbs, 1],
    ['value', rollout.values, 1],
    ['advantage', Float32Array.from(advantages), 1],
    ['return', Float32Array.from(returns), 1],
  ];
  const minibatch: Record<RolloutInput, Float32Array> = {
    observation: new Float32Array(rows * sizes.observationSize),
    action: new Float32Array(rows * sizes.actionSize),
    logProb: new Float32Array(rows),
    value: new Float32Array(rows),
    advantage: new Float32Array(rows),
    return: new Float32Array(rows),
  };
  return (indices) => {
    for (const [name, from, width] of columns) {
      const into = minibatch[name];
      for (let row = 0; row < rows; row += 1) {
        const start = (indices[row] ?? 0) * width;
        for (let i = 0; i < width; i += 1) into[row * width + i] = from[start + i] ?? Number.NaN;
      }
    }
    return minibatch;
  };
}
