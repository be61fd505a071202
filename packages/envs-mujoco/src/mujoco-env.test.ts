import { readFileSync } from 'node:fs';

import { timeLimit } from '@meow-rl/envs';
import { describeEnv } from '@meow-rl/envs/testing';
import { describe, expect, it } from 'vitest';

import { loadMujoco, mujocoEnv, type MujocoEnvOptions } from './index.ts';

const mujoco = await loadMujoco();

const CART = `
  <mujoco>
    <size memory="128K"/>
    <worldbody>
      <body name="cart">
        <joint name="rail" type="slide" axis="1 0 0" damping="1"/>
        <geom size="0.1" mass="1"/>
      </body>
    </worldbody>
    <actuator><motor joint="rail" gear="10" ctrllimited="true" ctrlrange="-1 1"/></actuator>
  </mujoco>`;

const cart = (changes: Partial<MujocoEnvOptions> = {}) =>
  mujocoEnv(mujoco, { id: 'Cart-v0', xml: CART, reward: () => 1, ...changes });

/** Size of the WebAssembly memory while one more environment is there. */
const heapBytes = () => {
  const env = cart();
  const bytes = env.simulation.qpos.buffer.byteLength;
  env.close();
  return bytes;
};

/** One step of a cart, from the middle. */
const stepOf = (changes: Partial<MujocoEnvOptions>) => {
  const env = cart(changes);
  try {
    env.reset({ seed: 0 });
    return env.step([1]);
  } finally {
    env.close();
  }
};

// A function of another type than declared, as JavaScript may give.
const wrong = (value: unknown): MujocoEnvOptions => JSON.parse(JSON.stringify(value));
const giving = <T>(value: unknown): (() => T) => Object.assign(() => value as T, {});

describeEnv('mujocoEnv', () => timeLimit(cart({ resetNoise: 0.1 }), 40));

/** The example that the README shows, between the marks. */
function balance() {
  // example
  const env = mujocoEnv(mujoco, {
    id: 'Balance-v0',
    xml: `
      <mujoco>
        <option timestep="0.01"/>
        <size memory="256K"/>
        <asset><mesh name="weight" file="weight.obj"/></asset>
        <worldbody>
          <body name="pole" pos="0 0 1">
            <joint name="hinge" type="hinge" axis="0 1 0" damping="0.1"/>
            <geom type="capsule" fromto="0 0 0 0 0 0.6" size="0.03"/>
            <geom type="mesh" mesh="weight" pos="0 0 0.6"/>
          </body>
        </worldbody>
        <actuator><motor joint="hinge" gear="5" ctrllimited="true" ctrlrange="-1 1"/></actuator>
      </mujoco>`,
    assets: {
      'weight.obj': 'v 0 0 0\nv .1 0 0\nv 0 .1 0\nv 0 0 .1\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 3 1 4\n',
    },
    frameSkip: 2,
    resetNoise: 0.01,
    observe: ({ qpos: [angle = 0], qvel: [speed = 0] }) => [Math.cos(angle), Math.sin(angle), speed],
    reward: ({ observation: [height = 0], action: [torque = 0] }) => height - 0.01 * torque ** 2,
    terminate: ({ observation: [height = 0] }) => height < 0.5,
  });
  // example
  return env;
}

describe('mujocoEnv', () => {
  it('runs the example of the README', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const example = readFileSync(new URL(import.meta.url), 'utf8').split('// example\n')[1] ?? 'no example';
    expect(readme).toContain(example.replaceAll(/^ {2}/gm, '').trim());
    const env = balance();
    env.reset({ seed: 0, options: { qpos: [0.5], qvel: [0] } });
    const { observation, reward } = env.step([-1]);
    expect(observation).toHaveLength(3);
    expect(reward).toBeCloseTo((observation[0] ?? 0) - 0.01, 12);
    // Falls from 0.5 rad to 60 degrees within a second.
    let steps = 1;
    while (!env.step([0]).terminated) steps += 1;
    expect(steps).toBeGreaterThan(5);
    expect(steps).toBeLessThan(50);
    env.close();
  });

  it('moves as mechanics says', () => {
    const env = cart({
      track: ({ qpos }) => qpos,
      reward: ({ before, after, dt }) => {
        return ((after[0] ?? NaN) - (before[0] ?? NaN)) / dt;
      },
    });
    env.reset({ options: { qpos: [0.25], qvel: [0] } });
    // Semi-implicit Euler with implicit damping: v = h F / (m + h b), m 1, b 1, F 10, h 0.002.
    const { observation, reward } = env.step([1]);
    const speed = (0.002 * 10) / 1.002;
    expect(observation[1]).toBeCloseTo(speed, 12);
    expect(observation[0]).toBeCloseTo(0.25 + 0.002 * speed, 12);
    expect(reward).toBeCloseTo(speed, 10);
    env.close();
  });

  it('says which option is wrong', () => {
    expect(() => mujocoEnv(mujoco, wrong({ xml: CART }))).toThrow('mujocoEnv: option reward is missing.');
    expect(() => cart({ frameSkip: 0.5 })).toThrow('option frameSkip is 0.5, expected a positive integer');
    expect(() => cart(wrong({ reset: 1 }))).toThrow('Cart-v0: option reset is unknown. Known ones: ');
    expect(() => cart(wrong({ observe: [1] }))).toThrow('option observe is [1], expected a function');
  });

  it('says what is wrong with the model', () => {
    expect(() => cart({ xml: '<mujoco><worldbody><geom/></mujoco>' })).toThrow(SyntaxError);
    expect(() => cart({ xml: CART.replace('rail" type', 'rail" kind') })).toThrow(
      /^Cart-v0: MuJoCo can't compile the model\. .*kind/,
    );
    const withMesh = CART.replace('<worldbody>', '<asset><mesh file="lost.obj"/></asset><worldbody>');
    expect(() => cart({ xml: withMesh })).toThrow(/^Cart-v0: .*lost\.obj.*give the file in assets/);
    expect(() => cart({ xml: CART.replaceAll(/<actuator>.*<.actuator>/g, '') })).toThrow(
      'Cart-v0: the model has no actuators',
    );
  });

  it('takes included files from assets', () => {
    const parts = { 'cart.xml': CART };
    const env = cart({ xml: '<mujoco><include file="cart.xml"/></mujoco>', assets: parts });
    expect(env.observationSpace.size).toBe(2);
    env.close();
  });

  it('says what is wrong with the functions', () => {
    let calls = 0;
    expect(() => stepOf({ observe: () => new Float64Array((calls += 1) > 3 ? 3 : 2) })).toThrow(
      'Cart-v0: observe() gave 3 numbers, but 2 the first time.',
    );
    expect(() => stepOf({ observe: () => [0, Number.NaN] })).toThrow('observe() gave NaN in entry 1');
    expect(() => stepOf({ observe: () => [] })).toThrow('observe() gave nothing');
    expect(() => stepOf({ observe: giving(undefined) })).toThrow(
      'observe() gave undefined, expected an array',
    );
    expect(() => stepOf({ reward: () => Number.NaN })).toThrow(
      'Cart-v0: reward() gave NaN, expected a finite',
    );
    expect(() => stepOf({ reward: giving(Promise.resolve(1)) })).toThrow('reward() gave an object (Promise)');
    expect(() => stepOf({ terminate: giving(0) })).toThrow('terminate() gave 0, expected true or false');
    expect(() => stepOf({ start: ({ qpos }) => void qpos.fill(Number.NaN) })).toThrow(
      'start() left qpos with NaN in entry 0',
    );
  });

  it.each([1, 4])('ends an episode that diverges in step %i, and says so', (last) => {
    const strong = CART.replace('gear="10"', 'gear="1e13"');
    const env = cart({ xml: strong, observe: ({ qpos: [x = 0] }) => [x] });
    env.reset({ options: { qpos: [0.25], qvel: [0] } });
    for (let step = 1; step < last; step += 1) expect(env.step([0]).terminated).toBe(false);
    const { observation, reward, terminated, truncated, info } = env.step([1]);
    expect({ reward, terminated, truncated, info }).toEqual({
      reward: 0,
      terminated: true,
      truncated: false,
      info: { diverged: true },
    });
    // The last sound one.
    expect([...observation]).toEqual([0.25]);
    expect(() => env.step([0])).toThrow('after the episode ended');
    env.reset({ seed: 0 });
    expect(env.step([0]).info).toEqual({});
    env.close();
  });

  it('gives the last sound observation where it diverges, after a restore too', () => {
    const runaway = CART.replace('gear="10"', 'gear="1e13"');
    const env = cart({ xml: runaway });
    env.reset({ options: { qpos: [0.25], qvel: [1] } });
    env.step([0]);
    const [state, sound] = [env.state(), env.step([0]).observation];
    expect([...env.step([1]).observation]).toEqual([...sound]);
    const first = cart({ xml: runaway });
    first.restore(state);
    const { observation, info } = first.step([1]);
    expect(info).toEqual({ diverged: true });
    // One step behind.
    expect(observation[0]).toBeLessThan(sound[0] ?? Number.NaN);
    expect(observation[0]).toBeGreaterThan(0.25);
    env.close();
    first.close();
  });

  it('does not stay diverged after a restore or a reset, nor sound after the restore of one that diverged', () => {
    const env = cart({ xml: CART.replace('gear="10"', 'gear="1e13"') });
    env.reset({ seed: 1, options: { qvel: [1] } });
    env.step([0]);
    const sound = env.state();
    const next = env.step([0]);
    env.restore(sound);
    expect(env.step([1]).info).toEqual({ diverged: true });
    const diverged = env.state();
    for (const state of [sound, diverged, sound]) {
      env.restore(state);
      expect(env.state()).toEqual(state);
    }
    expect(env.step([0])).toEqual(next);
    env.restore(diverged);
    expect(() => env.step([0])).toThrow('after the episode ended');
    env.reset();
    const begun = env.state();
    const once = env.step([0]);
    env.step([1]);
    env.restore(begun);
    expect(env.step([0])).toEqual(once);
    env.close();
  });

  it.each([false, true])(
    'begins an episode as a new instance does, after one that diverged: %s',
    (diverge) => {
      const xml = CART.replace('gear="10"', 'gear="1e13"');
      const [env, other] = [cart({ xml }), cart({ xml })];
      env.reset({ seed: 3 });
      env.step([1e-12]);
      if (diverge) expect(env.step([1]).info).toEqual({ diverged: true });
      expect(env.reset({ seed: 4 })).toEqual(other.reset({ seed: 4 }));
      expect(env.simulation.time).toBe(0);
      expect(env.state()).toEqual(other.state());
      env.close();
      other.close();
    },
  );

  it('keeps the time of the simulation, from the first step on', () => {
    const env = cart({ frameSkip: 3 });
    env.reset({ seed: 0 });
    for (let step = 1; step <= 3; step += 1) {
      env.step([0]);
      expect(env.simulation.time).toBeCloseTo(step * 0.006, 12);
    }
    env.close();
  });

  it('gives back the memory of an environment whose making failed', () => {
    const before = heapBytes();
    for (let i = 0; i < 500; i += 1) expect(() => cart({ observe: () => [] })).toThrow('observe()');
    expect(heapBytes()).toBe(before);
  });
});
