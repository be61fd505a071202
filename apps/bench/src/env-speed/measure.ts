import type { VectorEnv } from '@meow-rl/envs';
import { bareStepper } from '@meow-rl/envs-mujoco';
import { createGenerator } from '@meow-rl/random';

import { makeMujocoEnvironment, makeVectorEnvironment } from '../environments/environments.ts';
import type { IdentifiedEnvironment } from '../environments/environments.ts';

/** Steps per second of one task in one thread. */
export interface ThreadSpeed {
  /** Of the environment, as `makeEnv` gives it, without the time of resets. */
  readonly env: number;
  /** Of MuJoCo's calls alone, on the same states under the same actions. */
  readonly bare: number;
  /** Median over the rounds of the environment's speed over the bare one. */
  readonly ratio: number;
}

/** How long things are timed. */
export interface Rounds {
  /** Length of a round in seconds. */
  readonly seconds: number;
  /** Rounds, of which the median counts. */
  readonly rounds: number;
}

const timed = (work: () => void): number => {
  const begun = performance.now();
  work();
  return (performance.now() - begun) / 1000;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Random actions of an action space, drawn before the clock starts. */
function randomActions(space: VectorEnv['singleActionSpace'], rows: number, count: number): Float64Array[] {
  const generator = createGenerator(0);
  return Array.from({ length: count }, () => {
    const all = new Float64Array(rows * space.size);
    for (let row = 0; row < rows; row += 1)
      space.sample(generator, all.subarray(row * space.size, (row + 1) * space.size));
    return all;
  });
}

/**
 * Times an environment and bare MuJoCo in turns, so that both see the same load of the machine.
 *
 * Each takes stretches of 50 steps, or until the episode ends, from a common state.
 */
export async function threadSpeed(
  choice: IdentifiedEnvironment,
  { seconds, rounds }: Rounds,
): Promise<ThreadSpeed> {
  const { env, task } = await makeMujocoEnvironment(choice, { rescaleActions: false });
  const stretch = 50;
  const actions = randomActions(env.actionSpace, 1, stretch);
  env.reset({ seed: 0 });
  const bare = bareStepper(task);
  const speeds: { env: number; bare: number }[] = [];
  try {
    // The first round warms the engine up.
    for (let round = 0; round <= rounds; round += 1) {
      const taken = { env: 0, bare: 0, steps: 0 };
      while (taken.env < seconds) {
        env.reset();
        bare.sync();
        let lasted = 0;
        taken.env += timed(() => {
          for (const action of actions) {
            const { terminated, truncated } = env.step(action);
            lasted += 1;
            if (terminated || truncated) break;
          }
        });
        taken.bare += timed(() => {
          for (let i = 0; i < lasted; i += 1) bare.step(actions[i] ?? []);
        });
        taken.steps += lasted;
      }
      if (round > 0) speeds.push({ env: taken.steps / taken.env, bare: taken.steps / taken.bare });
    }
  } finally {
    bare.close();
    env.close();
  }
  return {
    env: median(speeds.map((speed) => speed.env)),
    bare: median(speeds.map((speed) => speed.bare)),
    ratio: median(speeds.map((speed) => speed.env / speed.bare)),
  };
}

/** Environment steps per second of vector environments with each number of workers, in turns; resets take their part of it. */
export async function vectorSpeeds(
  choice: IdentifiedEnvironment,
  { numEnvs, workers, seconds, rounds }: Rounds & { numEnvs: number; workers: readonly number[] },
): Promise<number[]> {
  const envs = await Promise.all(
    workers.map((count) => makeVectorEnvironment(choice, { numEnvs, workers: count, rescaleActions: false })),
  );
  const measured = workers.map((): number[] => []);
  try {
    for (const env of envs) await env.reset({ seed: 0 });
    for (let round = 0; round <= rounds; round += 1) {
      for (const [i, env] of envs.entries()) {
        const speed = await vectorSpeed(env, seconds);
        if (round > 0) measured[i]?.push(speed);
      }
    }
  } finally {
    for (const env of envs) await env.close();
  }
  return measured.map(median);
}

async function vectorSpeed(env: VectorEnv, seconds: number): Promise<number> {
  const actions = randomActions(env.singleActionSpace, env.numEnvs, 50);
  const begun = performance.now();
  let taken = 0;
  while (performance.now() - begun < 1000 * seconds) {
    for (const action of actions) await env.step(action);
    taken += actions.length;
  }
  return (1000 * taken * env.numEnvs) / (performance.now() - begun);
}
