import type { LocalVectorEnv, VectorEnv } from '@meow-rl/envs';

/** Test double: as a simulator that resets at once and keeps no last observation, with NaN where there is none. */
export const losesLastObservations = (env: LocalVectorEnv): VectorEnv => ({
  ...env,
  step(actions) {
    const result = env.step(actions);
    const finalObservationUnknown = result.terminated.map((flag, row) => flag | (result.truncated[row] ?? 0));
    return {
      ...result,
      finalObservations: new Float64Array(result.finalObservations.length).fill(Number.NaN),
      finalObservationUnknown,
    };
  },
});
