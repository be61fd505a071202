import { multiGoal, multiGoalDefaults } from '@meow-rl/envs';
import type { Actor } from '@meow-rl/train';

import type { Trajectory } from '../report/data.ts';

/** Steps within which a rollout has to reach a goal. */
export const ROLLOUT_STEPS = 200;

/** Plays sampled episodes from the origin side by side, so that each step is one batch of actions. */
export async function sampleRollouts(actor: Actor, count: number, seed: number): Promise<Trajectory[]> {
  const rollouts = Array.from({ length: count }, (_, i) => {
    const env = multiGoal();
    const { observation } = env.reset({ seed: seed + i, options: { position: [0, 0] } });
    const positions: [number, number][] = [pointOf(observation)];
    return { env, positions, goal: undefined as number | undefined };
  });
  for (let step = 0; step < ROLLOUT_STEPS; step++) {
    const running = rollouts.filter(({ goal }) => goal === undefined);
    if (running.length === 0) break;
    const observations = Float32Array.from(running.flatMap(({ positions }) => positions.at(-1) ?? []));
    const actions = await actor.act(observations, { deterministic: false });
    for (const [i, rollout] of running.entries()) {
      const { observation, info } = rollout.env.step(actions.subarray(2 * i, 2 * i + 2));
      rollout.positions.push(pointOf(observation));
      rollout.goal = info.goal;
    }
  }
  return rollouts.map(({ env, positions, goal }) => {
    env.close();
    return goal === undefined ? { positions } : { positions, goal };
  });
}

const pointOf = ([x = 0, y = 0]: Float64Array): [number, number] => [x, y];

/** How many episodes reached each goal. */
export const countByGoal = (trajectories: readonly Trajectory[]): number[] =>
  multiGoalDefaults.goals.map(
    (_, goal) => trajectories.filter(({ goal: reached }) => reached === goal).length,
  );
