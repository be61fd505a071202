import type { TransitionBatch } from '@meow-rl/replay';

/** Transitions of a task of one state entry, one action entry and one step. */
export const oneStepBatch = (
  states: Float32Array,
  actions: Float32Array,
  rewardOf: (state: number, action: number) => number,
): TransitionBatch => ({
  observations: states,
  actions,
  rewards: states.map((state, i) => rewardOf(state, actions[i] ?? Number.NaN)),
  nextObservations: states,
  terminated: new Float32Array(states.length).fill(1),
  discounts: new Float32Array(states.length),
});
