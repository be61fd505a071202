import { describe, expect, it } from 'vitest';

import { hopper, loadMujoco, mujocoEnv } from './index.ts';
import { Simulation } from './simulation.ts';

const mujoco = await loadMujoco();

/** Six boxes that fall onto each other, with little memory for what happens then. */
const pile = (memory: string) => `
  <mujoco>
    <size memory="${memory}"/>
    <worldbody>
      <geom type="plane" size="5 5 0.1"/>
      ${[0.2, 0.45, 0.7, 0.95, 1.2, 1.45]
        .map((z) => `<body pos="0 0 ${z}"><freejoint/><geom type="box" size="0.1 0.1 0.1" mass="1"/></body>`)
        .join('')}
      <body pos="2 0 1"><joint name="rail" type="slide" axis="1 0 0"/><geom size="0.1" mass="1"/></body>
    </worldbody>
    <actuator><motor joint="rail"/></actuator>
  </mujoco>`;

const pileEnv = (memory: string) =>
  mujocoEnv(mujoco, {
    id: 'Pile-v0',
    xml: pile(memory),
    reward: ({ simulation }) => simulation.qpos[2] ?? 0,
  });

const tooSmall = (bytes: number) =>
  `Pile-v0: the arena of ${bytes} bytes is too small. Raise <size memory> in the model.`;

describe('an arena that is too small', () => {
  // Each of these errors costs MuJoCo's module some of its stack for good, so few are made.
  it('is named where a step needs more, with the cause, and what was taken is free again', () => {
    const env = pileEnv('16K');
    env.reset({ seed: 0 });
    const start = env.state();
    const fall = () => {
      for (let i = 0; i < 300; i += 1) env.step([0]);
    };
    expect(fall).toThrow(
      expect.objectContaining({
        message: tooSmall(16 * 1024),
        cause: expect.objectContaining({ message: expect.stringContaining('mj_stackAlloc') }),
      }),
    );
    env.restore(start);
    for (let i = 0; i < 50; i += 1) env.step([0]);
    expect(env.simulation.memory.bytes).toBe(16 * 1024);
    env.close();
  });

  it('is named where MuJoCo would leave out the constraints in silence', () => {
    const env = pileEnv('20K');
    env.reset({ seed: 0 });
    let lowest = Infinity;
    const fall = () => {
      for (let i = 0; i < 130; i += 1) lowest = Math.min(lowest, env.step([0]).reward);
    };
    expect(fall).toThrow(tooSmall(20 * 1024));
    // None has sunk into the floor.
    expect(lowest).toBeGreaterThan(0.09);
    env.close();
  });

  it('is named by place and restore, which change to another state', () => {
    const [small, large] = [pileEnv('20K'), pileEnv('256K')];
    large.reset({ seed: 0 });
    for (let i = 0; i < 300; i += 1) large.step([0]);
    const lying = large.simulation.qpos.slice();
    const atRest = new Float64Array(large.simulation.qvel.length);
    expect(() => small.simulation.place(lying, atRest)).toThrow(tooSmall(20 * 1024));
    expect(() => small.restore(large.state())).toThrow(tooSmall(20 * 1024));
    small.close();
    large.close();
  });

  it('is named while compiling', () => {
    expect(() => pileEnv('1K')).toThrow('Pile-v0: the arena is too small. Raise <size memory> in the model.');
  });
});

describe('a closed simulation', () => {
  it('says so whatever is asked of it', () => {
    const env = hopper(mujoco);
    env.reset({ seed: 0 });
    const { simulation } = env;
    const state = simulation.capture();
    const { qpos, qvel } = { qpos: simulation.qpos.slice(), qvel: simulation.qvel.slice() };
    env.close();
    const calls: Readonly<Record<string, () => unknown>> = {
      model: () => simulation.model,
      memory: () => simulation.memory,
      qpos: () => simulation.qpos,
      qvel: () => simulation.qvel,
      xpos: () => simulation.view('xpos'),
      ctrl: () => simulation.control([0, 0, 0]),
      'reset()': () => simulation.reset(),
      'place()': () => simulation.place(qpos, qvel),
      'step()': () => simulation.step(1),
      'advance()': () => simulation.advance(1),
      'computeContactForces()': () => simulation.computeContactForces(),
      'bodyIndex()': () => simulation.bodyIndex('torso'),
      'siteIndex()': () => simulation.siteIndex(0),
      'controlBounds()': () => simulation.controlBounds(),
      'capture()': () => simulation.capture(),
      'restore()': () => simulation.restore(state),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect(call).toThrow(`Hopper-v5: ${name} was used after close(). Copy what you need before.`);
    }
    // What is plain stays.
    expect(simulation.time).toBe(0);
    expect(simulation.initialPosition).toHaveLength(6);
    // No member is missing above, but those that work after closing and those that go by what they read.
    const others = ['constructor', 'time', 'twin', 'close', 'view', 'control'];
    const covered = new Set([...others, ...Object.keys(calls).map((name) => name.replace('()', ''))]);
    const members = Object.entries(Object.getOwnPropertyDescriptors(Simulation.prototype));
    expect(members.map(([name]) => name).filter((name) => !covered.has(name))).toEqual([]);
  });
});
