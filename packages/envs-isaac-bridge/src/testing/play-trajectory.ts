import type { VectorEnv } from '@meow-rl/envs';

/** What environments gave, and how often episodes ended. */
export interface Trajectory {
  /**
   * The observations of the reset; then of each step the observations, the rewards, 1 where terminated, 1 where truncated, and in
   * rows that ended the last observation, zeros elsewhere: what `fixtures/trajectory.py` writes.
   */
  readonly values: Float64Array;
  readonly terminations: number;
  readonly truncations: number;
}

/**
 * Resets environments and steps them.
 *
 * @param actions [steps, n, a]
 */
export async function playTrajectory(
  env: VectorEnv,
  actions: Float32Array,
  seed: number,
): Promise<Trajectory> {
  const { numEnvs, autoresetMode } = env;
  const { size: width } = env.singleObservationSpace;
  const entries = numEnvs * env.singleActionSpace.size;
  const values: number[] = [];
  let [terminations, truncations] = [0, 0];
  const { observations } = await env.reset({ seed });
  values.push(...observations);
  for (let at = 0; at < actions.length; at += entries) {
    const step = await env.step(actions.subarray(at, at + entries));
    const ended = step.terminated.map((flag, row) => flag | (step.truncated[row] ?? 0));
    const finals = step.finalObservations.map((x, entry) => (ended[Math.floor(entry / width)] ? x : 0));
    values.push(...step.observations, ...step.rewards, ...step.terminated, ...step.truncated, ...finals);
    terminations += step.terminated.filter(Boolean).length;
    truncations += step.truncated.filter(Boolean).length;
    if (autoresetMode === 'disabled' && ended.includes(1)) await env.reset({ mask: ended });
  }
  return { values: Float64Array.from(values), terminations, truncations };
}
