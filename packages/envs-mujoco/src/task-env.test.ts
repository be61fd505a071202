import { describe, expect, it } from 'vitest';

import {
  hopper,
  invertedDoublePendulum,
  loadMujoco,
  mujocoEnv,
  mujocoEnvs,
  MUJOCO_ENV_IDS,
} from './index.ts';
import { hopperModel, invertedDoublePendulumModel } from './models/index.ts';
import { taskEnv } from './task-env.ts';

const mujoco = await loadMujoco();
const registry = await mujocoEnvs();

const BAR = `
  <mujoco>
    <size memory="256K"/>
    <worldbody><body><joint name="hinge"/><geom size="0.1" mass="1"/></body></worldbody>
    <actuator><motor joint="hinge"/></actuator>
  </mujoco>`;

describe('taskEnv', () => {
  it('refuses reset options that it does not know, and changes nothing', () => {
    const env = hopper(mujoco);
    const other = hopper(mujoco);
    const wrong: object = JSON.parse('{"qpso": [1]}');
    env.reset({ seed: 3 });
    other.reset({ seed: 3 });
    expect(() => env.reset({ options: wrong })).toThrow(
      'Hopper-v5: reset option qpso is unknown. Known ones: qpos, qvel.',
    );
    expect(() => env.reset({ options: JSON.parse('null') })).toThrow(
      'Hopper-v5: reset options is null, expected an object. Leave it out for the defaults.',
    );
    expect(env.reset()).toEqual(other.reset());
    env.close();
    other.close();
  });

  it.each(MUJOCO_ENV_IDS)('%s says what a model lacks that is not its own', (id) => {
    const noActuators = hopperModel().replaceAll(/<actuator>.*<.actuator>/gs, '');
    expect(noActuators).not.toContain('<motor name');
    const named = new RegExp(`^${id}: the model has `);
    expect(() => registry[id].create({ xml: noActuators })).toThrow(
      `${id}: the model has no actuators, so there is nothing to act on. Add <actuator>.`,
    );
    // One joint is enough for the cheetah, which looks at x alone.
    if (id.startsWith('HalfCheetah')) registry[id].create({ xml: BAR }).close();
    else expect(() => registry[id].create({ xml: BAR })).toThrow(named);
  });

  it('says how much of what a task reads is missing', () => {
    const withoutSite = invertedDoublePendulumModel().replace(/<site[^>]*>/, '');
    expect(() => invertedDoublePendulum(mujoco, { xml: withoutSite })).toThrow(
      'InvertedDoublePendulum-v5: the model has 0 sites, but the task reads 1. ' +
        "Give a model with the joints, bodies and sites of the task's own, in the same order.",
    );
    expect(() => invertedDoublePendulum(mujoco, { xml: BAR })).toThrow(
      'the model has 1 positions, but the task reads 3.',
    );
  });

  it('refuses a first observation that is not sound', () => {
    const rules = {
      start: () => {},
      observe: () => Float64Array.of(0, Number.NaN),
      judge: () => ({ reward: 0, terminated: false, info: {} }),
    };
    expect(() => taskEnv(mujoco, { id: 'Bar-v0', xml: BAR, frameSkip: 1 }, () => rules)).toThrow(
      'Bar-v0: the first observation has NaN in entry 1: the model lacks what the task reads there.',
    );
  });

  it('refuses options that are no object', () => {
    const wrong: object = JSON.parse('null');
    expect(() => registry['Hopper-v5'].create(wrong)).toThrow(
      'Hopper-v5: options is null, expected an object. Leave it out for the defaults.',
    );
    expect(() => registry['Ant-v4'].create(JSON.parse('5'))).toThrow(
      'Ant-v4: options is 5, expected an object',
    );
    expect(() => mujocoEnv(mujoco, JSON.parse('null'))).toThrow('mujocoEnv: options is null');
  });
});
