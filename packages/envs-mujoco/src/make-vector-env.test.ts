import { INFO_WIDTH, numbersIn, shapeOf } from '@meow-rl/envs/testing';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { makeVectorEnv } from './make-vector-env.ts';
import { mujocoEnvs } from './mujoco-envs.ts';

const tasks = await mujocoEnvs();

const play = async (workers: number, id = 'Hopper-v5') => {
  const env = await makeVectorEnv(id, 3, {
    workers,
    autoresetMode: 'same-step',
    maxSteps: 9,
    rescaleActions: true,
  });
  const generator = createGenerator(0);
  const seen: unknown[] = [[...(await env.reset({ seed: 2 })).observations]];
  for (let i = 0; i < 12; i += 1) {
    const actions = new Float64Array(3 * env.singleActionSpace.size);
    generator.fillUniform(actions, -1, 1);
    const result = await env.step(actions);
    seen.push([...result.observations], [...result.rewards], [...result.truncated], [...result.infos]);
  }
  const state = await env.state();
  await env.close();
  return { seen, state };
};

describe('makeVectorEnv', () => {
  it('gives the same in two threads as in this one, state included', async () => {
    const [here, there] = [await play(0), await play(2)];
    expect(there).toStrictEqual(here);
    expect(here.seen[1 + 4 * 8 + 2]).toEqual([1, 1, 1]);
  });

  it('takes the built-in tasks and refuses unknown ones wherever they would run', async () => {
    expect(await play(2, 'MultiGoal-v0')).toStrictEqual(await play(0, 'MultiGoal-v0'));
    await expect(makeVectorEnv('Hopper-v9', 2)).rejects.toThrow('environment "Hopper-v9" is unknown');
    await expect(makeVectorEnv('Hopper-v5', 2, { workers: 0, options: { wieght: 1 } })).rejects.toThrow(
      'option wieght is unknown',
    );
    await expect(makeVectorEnv('Hopper-v5', 2, { workers: 1, options: { wieght: 1 } })).rejects.toThrow(
      'option wieght is unknown',
    );
    await expect(makeVectorEnv('Hopper-v5', 2, { workers: -1 })).rejects.toThrow('workers is -1');
  });

  it.each(Object.entries(tasks))('%s: infos need no messages between threads', (_, { create }) => {
    const env = create();
    const { info: first } = env.reset({ seed: 0 });
    const { info } = env.step(new Float64Array(env.actionSpace.size));
    env.close();
    for (const given of [first, info]) {
      const shape = shapeOf(given);
      expect(shape && numbersIn(shape)).toBeLessThanOrEqual(INFO_WIDTH);
    }
  });
});
