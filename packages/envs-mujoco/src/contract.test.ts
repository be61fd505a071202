import { builtinEnvs, makeEnv, type Env, type EnvState } from '@meow-rl/envs';
import { describeEnv } from '@meow-rl/envs/testing';
import { createGenerator } from '@meow-rl/random';
import { afterEach, describe, expect, it } from 'vitest';

import { mujocoEnvs } from './mujoco-envs.ts';

const tasks = await mujocoEnvs();
const registry = { ...builtinEnvs, ...tasks };

// Their memory isn't collected, and the contract leaves some open.
const open: Env[] = [];
afterEach(() => {
  for (const env of open.splice(0)) env.close();
});

const make = (id: string, maxSteps: number) => {
  const env = makeEnv(id, { registry, maxSteps });
  open.push(env);
  return env;
};

/** What the actions give, resetting where an episode ends. */
const play = (env: Env, actions: readonly Float64Array[]) =>
  actions.map((action) => {
    const result = env.step(action);
    return result.terminated || result.truncated ? [result, env.reset()] : [result];
  });

describeEnv('Hopper-v5', () => make('Hopper-v5', 100));

describe('every MuJoCo task', () => {
  it.each(Object.keys(tasks))('%s continues in a new instance to the same bits, across an episode', (id) => {
    const [env, other] = [make(id, 15), make(id, 15)];
    const generator = createGenerator(0);
    const actions = Array.from({ length: 30 }, () => env.actionSpace.sample(generator));
    env.reset({ seed: 5 });
    play(env, actions.slice(0, 8));
    const state: EnvState = JSON.parse(JSON.stringify(env.state()));
    other.restore(state);
    // Derived quantities were computed on the way, which may change the solver's warm start.
    expect(other.state()).toEqual(state);
    expect(play(other, actions.slice(8))).toEqual(play(env, actions.slice(8)));
  });

  it('refuse a state of another model, saying what is wrong', () => {
    const [hopper, walker] = [make('Hopper-v5', 15), make('Walker2d-v5', 15)];
    hopper.reset({ seed: 0 });
    expect(() => walker.restore(hopper.state())).toThrow('got a state of timeLimit(Hopper-v5)');
    const damaged: EnvState = JSON.parse(
      JSON.stringify(hopper.state()).replace('"physics":"', '"physics":"§'),
    );
    expect(() => hopper.restore(damaged)).toThrow('Hopper-v5: state.own.task.physics is damaged');
  });
});
