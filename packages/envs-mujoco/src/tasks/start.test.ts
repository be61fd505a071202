import { describe, expect, it } from 'vitest';

import { MUJOCO_ENV_IDS, mujocoEnvs, type MujocoEnvId } from '../mujoco-envs.ts';
import type { MujocoEnv } from '../task-env.ts';

const registry = await mujocoEnvs();
const RESETS = 500;

interface Starts {
  /** [reset][nq] positions less the initial ones. */
  readonly moved: readonly Float64Array[];
  /** [reset][nv] velocities. */
  readonly speeds: readonly Float64Array[];
}

/** Starts of many episodes. */
function starts(env: MujocoEnv): Starts {
  const { simulation } = env;
  const all = Array.from({ length: RESETS }, (_, i) => {
    env.reset(i === 0 ? { seed: 0 } : {});
    return {
      moved: simulation.qpos.map((x, k) => x - (simulation.initialPosition[k] ?? Number.NaN)),
      speeds: simulation.qvel.slice(),
    };
  });
  return { moved: all.map(({ moved }) => moved), speeds: all.map(({ speeds }) => speeds) };
}

/** The numbers of coordinate `i` in every reset. */
const column = (rows: readonly Float64Array[], i: number) => rows.map((row) => row[i] ?? Number.NaN);
const columns = (rows: readonly Float64Array[]) =>
  Array.from({ length: rows[0]?.length ?? 0 }, (_, i) => column(rows, i));

const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));
const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
const deviation = (values: readonly number[]) =>
  Math.sqrt(mean(values.map((x) => x * x)) - mean(values) ** 2);

/** Each coordinate is U(low, high): it fills the interval evenly, and stays within. */
function expectUniform(values: readonly number[], low: number, high: number) {
  const width = high - low;
  expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
  expect(Math.max(...values)).toBeLessThanOrEqual(high);
  expect(Math.min(...values)).toBeLessThan(low + 0.03 * width);
  expect(Math.max(...values)).toBeGreaterThan(high - 0.03 * width);
  expect(Math.abs(mean(values) - (low + high) / 2)).toBeLessThan(0.06 * width);
  expect(Math.abs(deviation(values) / (width / Math.sqrt(12)) - 1)).toBeLessThan(0.15);
}

/** Each coordinate is scale · N(0, 1): deviation, and the share within one of it. */
function expectGaussian(values: readonly number[], scale: number) {
  expect(Math.abs(mean(values))).toBeLessThan(0.2 * scale);
  expect(Math.abs(deviation(values) / scale - 1)).toBeLessThan(0.15);
  expect(largest(values)).toBeGreaterThan(2.3 * scale);
  expect(largest(values)).toBeLessThan(5 * scale);
  const within = values.filter((x) => Math.abs(x) < scale).length / values.length;
  expect(Math.abs(within - 0.683)).toBeLessThan(0.09);
}

const UNIFORM = {
  Hopper: 5e-3,
  Walker2d: 5e-3,
  Humanoid: 1e-2,
  HumanoidStandup: 1e-2,
  Swimmer: 0.1,
  InvertedPendulum: 0.01,
};
const GAUSSIAN = { HalfCheetah: 0.1, Ant: 0.1, InvertedDoublePendulum: 0.1 };
const OWN = ['Reacher', 'Pusher'];

const noisy = [
  ...Object.entries(UNIFORM).map(([name, scale]) => ({ name, scale, speeds: 'uniform' })),
  ...Object.entries(GAUSSIAN).map(([name, scale]) => ({ name, scale, speeds: 'gaussian' })),
].flatMap(({ name, scale, speeds }) =>
  MUJOCO_ENV_IDS.filter((id) => id.startsWith(`${name}-`)).map((id) => ({ id, scale, speeds })),
);

/** Starts under options, and nothing left open. */
function startsOf(id: MujocoEnvId, options?: object): Starts {
  const env = registry[id].create(options);
  const all = starts(env);
  env.close();
  return all;
}

describe('the start of an episode', () => {
  it('is tested for every task', () => {
    const tested = [...noisy.map(({ id }) => id), ...OWN.map((name) => `${name}-v5`)];
    expect(tested.toSorted()).toEqual(MUJOCO_ENV_IDS.toSorted());
  });

  it.each(noisy)('of $id: positions U(±$scale), velocities $speeds', ({ id, scale, speeds }) => {
    // The default, and a scale of one's own.
    for (const [options, expected] of [
      [{}, scale],
      [{ resetNoiseScale: 0.03 }, 0.03],
    ] as const) {
      const all = startsOf(id, options);
      for (const values of columns(all.moved)) expectUniform(values, -expected, expected);
      for (const values of columns(all.speeds)) {
        if (speeds === 'gaussian') expectGaussian(values, expected);
        else expectUniform(values, -expected, expected);
      }
      // Each coordinate has noise of its own.
      for (const row of [...all.moved, ...all.speeds]) expect(new Set(row).size).toBe(row.length);
    }
  });

  it.each(noisy)('of $id is the initial pose at rest with resetNoiseScale 0', ({ id }) => {
    const env = registry[id].create({ resetNoiseScale: 0 });
    env.reset({ seed: 0 });
    expect([...env.simulation.qpos]).toEqual([...env.simulation.initialPosition]);
    expect(largest([...env.simulation.qvel])).toBe(0);
    env.close();
  });

  it('of Reacher: angles U(±0.1), speeds U(±0.005), a target at rest anywhere in a disc of 0.2', () => {
    const { moved, speeds } = startsOf('Reacher-v5');
    for (const i of [0, 1]) expectUniform(column(moved, i), -0.1, 0.1);
    for (const i of [0, 1]) expectUniform(column(speeds, i), -0.005, 0.005);
    for (const i of [2, 3]) expect(largest(column(speeds, i))).toBe(0);
    const env = registry['Reacher-v5'].create();
    const middle = [...env.simulation.initialPosition.subarray(2)];
    env.close();
    const [xs, ys] = [2, 3].map((i) => column(moved, i).map((x) => x + (middle[i - 2] ?? Number.NaN)));
    const radii = (xs ?? []).map((x, i) => Math.hypot(x, ys?.[i] ?? Number.NaN));
    // Evenly over a disc, the squared distance from the middle is U(0, 0.04); in a square corners would stick out.
    expectUniform(
      radii.map((r) => r * r),
      0,
      0.04,
    );
    for (const side of [xs ?? [], ys ?? []]) expect(Math.abs(mean(side))).toBeLessThan(0.02);
  });

  it('of Pusher: the arm as it is, speeds U(±0.005), the puck on the table more than 0.17 from the goal', () => {
    const env = registry['Pusher-v5'].create();
    const pucks: number[][] = [];
    for (let i = 0; i < RESETS; i += 1) {
      env.reset(i === 0 ? { seed: 0 } : {});
      const { qpos, qvel, initialPosition } = env.simulation;
      expect([...qpos.subarray(0, 7)]).toEqual([...initialPosition.subarray(0, 7)]);
      expect([...qpos.subarray(9)]).toEqual([0, 0]);
      expect([...qvel.subarray(7)]).toEqual([0, 0, 0, 0]);
      pucks.push([...qpos.subarray(7, 9)]);
    }
    env.close();
    const speeds = startsOf('Pusher-v5').speeds;
    for (let i = 0; i < 7; i += 1) expectUniform(column(speeds, i), -0.005, 0.005);
    const apart = pucks.map(([y = Number.NaN, x = Number.NaN]) => Math.hypot(y, x));
    expect(Math.min(...apart)).toBeGreaterThan(0.17);
    expect(Math.min(...apart)).toBeLessThan(0.175);
    const [ys, xs] = [0, 1].map((k) => pucks.map((puck) => puck[k] ?? Number.NaN));
    // Far from the goal all of the table is used, and evenly.
    expect(Math.max(...(ys ?? []))).toBeLessThanOrEqual(0);
    expect(Math.min(...(ys ?? []))).toBeLessThan(-0.295);
    expect(Math.min(...(ys ?? []))).toBeGreaterThanOrEqual(-0.3);
    expectUniform(
      (xs ?? []).filter((_, i) => (ys?.[i] ?? 0) < -0.17),
      -0.2,
      0.2,
    );
  });
});
