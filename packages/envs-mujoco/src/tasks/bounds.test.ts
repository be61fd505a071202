import { describe, expect, it } from 'vitest';

import { mujocoEnvs } from '../index.ts';
import { invertedDoublePendulumModel, invertedPendulumModel } from '../models/index.ts';
import type { MujocoEnv } from '../task-env.ts';

const tasks = await mujocoEnvs();

/** The doubles beside x, for x above 0. */
const beside = (x: number) => {
  const bits = new BigInt64Array(Float64Array.of(x).buffer);
  const at = (distance: bigint) => new Float64Array(BigInt64Array.of((bits[0] ?? 0n) + distance).buffer)[0];
  return { below: at(-1n) ?? Number.NaN, above: at(1n) ?? Number.NaN };
};

/** The environment after one step at rest, and whether that ended the episode. */
function stepped(id: keyof typeof tasks, options: object, read: (env: MujocoEnv) => number) {
  const env = tasks[id].create(options);
  env.reset({ seed: 4 });
  const { terminated } = env.step(new Float64Array(env.actionSpace.size));
  const value = read(env);
  env.close();
  return { terminated, value };
}

const position = (index: number) => (env: MujocoEnv) => env.simulation.qpos[index] ?? Number.NaN;

// Gymnasium: hopper, walker2d, humanoid `min < x < max`; ant `min <= x <= max`. In v4 and v5 alike.
const ranges = [
  ...(['Hopper-v5', 'Hopper-v4', 'Walker2d-v5', 'Walker2d-v4'] as const).flatMap((id) => [
    { id, option: 'healthyZRange', read: position(1), inclusive: false },
    { id, option: 'healthyAngleRange', read: position(2), inclusive: false },
  ]),
  ...(['Humanoid-v5', 'Humanoid-v4'] as const).map((id) => ({
    id,
    option: 'healthyZRange',
    read: position(2),
    inclusive: false,
  })),
  ...(['Ant-v5', 'Ant-v4'] as const).map((id) => ({
    id,
    option: 'healthyZRange',
    read: position(2),
    inclusive: true,
  })),
];

describe.each(ranges)('$id, $option', ({ id, option, read, inclusive }) => {
  const { value } = stepped(id, {}, read);
  const terminatedWith = (low: number, high: number) => {
    const step = stepped(id, { [option]: [low, high] }, read);
    expect(step.value).toBe(value);
    return step.terminated;
  };

  it(`counts a bound itself as ${inclusive ? 'healthy' : 'unhealthy'}`, () => {
    expect([terminatedWith(value, value + 1), terminatedWith(value - 1, value)]).toEqual([
      !inclusive,
      !inclusive,
    ]);
  });

  it('and the numbers right beside it as what they are', () => {
    const sign = Math.sign(value);
    const { below, above } = beside(Math.abs(value));
    const [less, more] = sign > 0 ? [below, above] : [-above, -below];
    expect([terminatedWith(less, value + 1), terminatedWith(value - 1, more)]).toEqual([false, false]);
    expect([terminatedWith(more, value + 1), terminatedWith(value - 1, less)]).toEqual([true, true]);
  });
});

/** Of what healthyStateRange is about. */
const largest = (env: MujocoEnv) => Math.max(...env.simulation.qpos.subarray(2), ...env.simulation.qvel);

it('Hopper-v5, healthyStateRange: counts a bound itself as unhealthy', () => {
  const { value, terminated } = stepped('Hopper-v5', {}, largest);
  expect(terminated).toBe(false);
  const terminatedBelow = (high: number) =>
    stepped('Hopper-v5', { healthyStateRange: [-100, high] }, largest).terminated;
  expect([terminatedBelow(value), terminatedBelow(beside(value).above)]).toEqual([true, false]);
});

/** A step of a task whose model is at rest without gravity, so that it stays where it is. */
function resting(id: 'InvertedPendulum-v5' | 'InvertedDoublePendulum-v5', xml: string, qpos: number[]) {
  const env = tasks[id].create({ xml });
  env.reset({ seed: 0, options: { qpos, qvel: qpos.map(() => 0) } });
  const { terminated, reward } = env.step([0]);
  expect([...env.simulation.qpos]).toEqual(qpos);
  const tip = env.simulation.model.nsite > 0 ? env.simulation.view('site_xpos')[2] : undefined;
  env.close();
  return { terminated, reward, tip };
}

const weightless = (xml: string) =>
  xml.replace(/ gravity="[^"]*"/, '').replace('<option ', '<option gravity="0 0 0" ');

it('InvertedPendulum-v5 stands at an angle of exactly 0.2: Gymnasium ends it where |angle| > 0.2', () => {
  const xml = weightless(invertedPendulumModel());
  for (const sign of [1, -1]) {
    expect(resting('InvertedPendulum-v5', xml, [0, sign * 0.2])).toMatchObject({
      terminated: false,
      reward: 1,
    });
    expect(resting('InvertedPendulum-v5', xml, [0, sign * beside(0.2).above])).toMatchObject({
      terminated: true,
      reward: 0,
    });
  }
});

/** A step of the double pendulum with its tip so far along the upper pole. */
function tipAt(pole: string) {
  const xml = weightless(invertedDoublePendulumModel());
  const shorter = xml.replace('name="tip" pos="0 0 0.6"', `name="tip" pos="0 0 ${pole}"`);
  return resting('InvertedDoublePendulum-v5', shorter, [0, 0, 0]);
}

it('InvertedDoublePendulum-v5 has fallen with its tip at exactly 1: Gymnasium ends it where z <= 1', () => {
  expect(tipAt('0.4')).toMatchObject({ terminated: true, tip: 1 });
  expect(tipAt('0.4000000001')).toMatchObject({ terminated: false });
});
