/** A batch as the golden files write it; `done` is 1 where the task ended. */
export interface GoldenBatch {
  readonly obs: readonly (readonly number[])[];
  readonly act: readonly (readonly number[])[];
  readonly reward: readonly number[];
  readonly nextObs: readonly (readonly number[])[];
  readonly done: readonly number[];
}

/** It as the inputs of a stage, without noise. */
export const goldenInputs = ({ obs, act, reward, nextObs, done }: GoldenBatch, gamma: number) => ({
  observation: obs.flat(),
  action: act.flat(),
  reward: [...reward],
  nextObservation: nextObs.flat(),
  discount: done.map((ended) => gamma * (1 - ended)),
  weight: reward.map(() => 1),
});
