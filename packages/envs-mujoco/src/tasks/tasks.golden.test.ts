import { builtinEnvs, makeEnv } from '@meow-rl/envs';
import { describe, expect, it } from 'vitest';

import { MUJOCO_ENV_IDS, mujocoEnvs, type MujocoEnvId } from '../mujoco-envs.ts';
import { goOn } from '../testing/go-on.ts';
import { largestDifference, readGolden, type GoldenRollout } from '../testing/golden.ts';

const tasks = await mujocoEnvs();
const registry = { ...builtinEnvs, ...tasks };

const rollouts = (['v4', 'v5'] as const).flatMap((version) =>
  Object.entries(readGolden<GoldenRollout>(`gymnasium-${version}.json`)).map(([name, golden]) => ({
    id: `${name}-${version}` as MujocoEnvId,
    golden,
  })),
);

it('there is a task for every rollout, and a rollout for every task', () => {
  expect(rollouts.map(({ id }) => id).toSorted()).toEqual(MUJOCO_ENV_IDS.toSorted());
});

describe.each(rollouts)('$id', ({ id, golden }) => {
  it('has the frame skip, the time limit and the action bounds of Gymnasium', () => {
    const env = tasks[id].create();
    expect(id).toBe(golden.id);
    expect(env.frameSkip).toBe(golden.frameSkip);
    expect(tasks[id].maxSteps).toBe(golden.maxEpisodeSteps);
    expect(largestDifference(env.actionSpace.low, golden.actionLow)).toBe(0);
    expect(largestDifference(env.actionSpace.high, golden.actionHigh)).toBe(0);
    env.close();
  });

  it('replays what Gymnasium recorded', () => {
    const env = makeEnv(id, { registry });
    expect(golden.steps.length).toBeGreaterThan(0);
    env.reset({ seed: 0, options: { qpos: golden.qpos, qvel: golden.qvel } });
    for (const [i, expected] of golden.steps.entries()) {
      const { observation, reward, terminated, truncated, info } = env.step(expected.action);
      expect(largestDifference(observation, expected.obs), `observation of step ${i}`).toBeLessThan(1e-8);
      expect(Math.abs(reward - expected.reward), `reward of step ${i}`).toBeLessThan(1e-8);
      expect(terminated, `termination of step ${i}`).toBe(expected.terminated);
      for (const [term, value] of Object.entries(expected.info)) {
        const actual = info[term];
        expect(
          typeof actual === 'number' ? Math.abs(actual - value) : actual,
          `${term} of step ${i}`,
        ).toBeLessThan(1e-8);
      }
      if (terminated || truncated) goOn(env);
    }
    env.close();
  });
});
