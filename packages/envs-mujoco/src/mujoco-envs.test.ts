import { builtinEnvs, makeEnv } from '@meow-rl/envs';
import { describe, expect, it } from 'vitest';

import {
  bareStepper,
  halfCheetah,
  hopper,
  hopperModel,
  loadMujoco,
  MUJOCO_ENV_IDS,
  mujocoEnvs,
} from './index.ts';
import { mujocoEnvsOn } from './mujoco-envs.ts';
import { ledger } from './testing/ledger.ts';

const mujoco = await loadMujoco();
const tasks = await mujocoEnvs();
const registry = { ...builtinEnvs, ...tasks };
const push = Float64Array.of(0.5, -0.2, 0.9, -1, 0.3, 0.1);

/** The reward of a step that falls below the healthy height. */
const fallReward = (version: 'v4' | 'v5') => {
  const env = hopper(mujoco, {}, version);
  env.reset({ seed: 0, options: { qpos: [0, 0.65, 0, 0, 0, 0], qvel: [0, 0, 0, 0, 0, 0] } });
  const { reward, terminated } = env.step([0, 0, 0]);
  env.close();
  expect(terminated).toBe(true);
  return reward;
};

/** Size of the WebAssembly memory while one more environment is there. */
const memoryBytes = () => {
  const env = hopper(mujoco);
  env.reset({ seed: 0 });
  const size = env.simulation.qpos.buffer.byteLength;
  env.close();
  return size;
};

describe('MuJoCo tasks', () => {
  it('restore a state and go on to the same bits', () => {
    const env = halfCheetah(mujoco);
    env.reset({ seed: 1 });
    for (let i = 0; i < 20; i++) env.step(push);
    const state = JSON.parse(JSON.stringify(env.state()));
    const first = Array.from({ length: 20 }, () => env.step(push));
    env.restore(state);
    expect(Array.from({ length: 20 }, () => env.step(push))).toEqual(first);
    env.close();
  });

  it('start the same with the same seed and differently with the next reset', () => {
    const env = makeEnv('Hopper-v5', { registry });
    const first = env.reset({ seed: 3 }).observation;
    const second = env.reset().observation;
    expect(env.reset({ seed: 3 }).observation).toEqual(first);
    expect(second).not.toEqual(first);
    // U(±0.005) around height 1.25
    expect(Math.abs((first[0] ?? 0) - 1.25)).toBeLessThanOrEqual(0.005);
    env.close();
  });

  it('pay the healthy reward on the terminating step in v4 only', () => {
    expect(fallReward('v4') - fallReward('v5')).toBeCloseTo(1, 12);
  });

  it('heed options', () => {
    const env = halfCheetah(mujoco, { excludeCurrentPositionsFromObservation: false, ctrlCostWeight: 0 });
    expect(env.reset({ seed: 0 }).observation).toHaveLength(18);
    const { info } = env.step(push);
    expect(info['reward_ctrl']).toBeCloseTo(0, 15);
    env.close();
  });

  it('say what is wrong', () => {
    expect(() => hopper(mujoco, { frameSkip: 0 })).toThrow(
      'Hopper-v5: option frameSkip is 0, expected a positive integer.',
    );
    expect(() => registry['Hopper-v5']?.create({ weight: 1 })).toThrow(
      'option weight is unknown. Known ones: ',
    );
    expect(() => hopper(mujoco, { xml: '<mujoco><nonsense/></mujoco>' })).toThrow(/^Hopper-v5: /);
    const env = hopper(mujoco);
    expect(() => env.step([0, 0, 0])).toThrow(/Hopper-v5/);
    env.reset({ seed: 0 });
    expect(() => env.step([0, 0])).toThrow(/Hopper-v5: step\(action\)/);
    expect(() => env.step([0, Number.NaN, 0])).toThrow(/got NaN in entry 1/);
    env.close();
    expect(() => env.reset()).toThrow(/Hopper-v5/);
  });

  it.each(MUJOCO_ENV_IDS)('%s deletes every object of MuJoCo that it made', (id) => {
    const { mujoco: counted, made, left } = ledger(mujoco);
    const { [id]: spec } = mujocoEnvsOn(counted);
    const env = spec.create();
    const action = new Float64Array(env.actionSpace.size);
    env.reset({ seed: 0 });
    env.step(action);
    const state = env.state();
    env.step(action);
    env.restore(state);
    env.step(action);
    const bare = bareStepper(env);
    bare.sync();
    bare.step(action);
    bare.close();
    expect(left().toSorted()).toEqual(['MjData', 'MjModel']);
    env.close();
    expect(left()).toEqual([]);
    expect([...new Set(made())].toSorted()).toEqual(
      expect.arrayContaining(['DoubleBuffer', 'MjData', 'MjVFS']),
    );
  });

  it('leave no object of MuJoCo behind where making them fails', () => {
    const { mujoco: counted, made, left } = ledger(mujoco);
    const { 'Hopper-v5': hopperSpec, 'InvertedDoublePendulum-v5': pendulumSpec } = mujocoEnvsOn(counted);
    expect(() => hopperSpec.create({ xml: '<mujoco><nonsense/></mujoco>' })).toThrow(SyntaxError);
    expect(() => pendulumSpec.create({ xml: hopperModel() })).toThrow('the model has 0 sites');
    expect(made()).toContain('MjData');
    expect(left()).toEqual([]);
  });

  it('free what they take: 2000 environments one after the other', () => {
    const ids = Object.keys(tasks) as (keyof typeof tasks)[];
    const useAll = () => {
      for (const id of ids) {
        const env = tasks[id].create();
        env.reset({ seed: 0 });
        env.step(new Float64Array(env.actionSpace.size));
        env.restore(env.state());
        env.close();
      }
    };
    // The largest decides how far memory grows, and what lies between the freed pieces settles.
    for (let i = 0; i < 5; i += 1) useAll();
    const before = memoryBytes();
    for (let made = 0; made < 2000; made += ids.length) useAll();
    expect(memoryBytes()).toBe(before);
  });

  it('take no memory by stepping', () => {
    const env = tasks['Ant-v5'].create();
    env.reset({ seed: 0 });
    const lieDown = new Float64Array(8);
    for (let i = 0; i < 100; i += 1) env.step(lieDown);
    const before = memoryBytes();
    for (let i = 0; i < 6000; i += 1) if (env.step(lieDown).terminated) env.reset();
    expect(memoryBytes()).toBe(before);
    env.close();
  });
});
