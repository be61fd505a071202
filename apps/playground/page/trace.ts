import type { Env } from '@meow-rl/envs';
import type { Policy } from '@meow-rl/export';

/** What a policy saw and did. */
export interface Trace {
  readonly observations: readonly (readonly number[])[];
  readonly actions: readonly (readonly number[])[];
  readonly rewards: readonly number[];
}

/** Plays an episode, or its first steps, with deterministic actions. */
export async function traceEpisode(
  env: Env,
  policy: Policy,
  { seed, steps }: { readonly seed: number; readonly steps: number },
): Promise<Trace> {
  const observations: number[][] = [];
  const actions: number[][] = [];
  const rewards: number[] = [];
  let { observation } = env.reset({ seed });
  for (let step = 0; step < steps; step++) {
    const action = await policy.act(Float32Array.from(observation));
    observations.push(Array.from(observation));
    actions.push(Array.from(action));
    const next = env.step(env.actionSpace.clip(action));
    rewards.push(next.reward);
    if (next.terminated || next.truncated) break;
    observation = next.observation;
  }
  return { observations, actions, rewards };
}
