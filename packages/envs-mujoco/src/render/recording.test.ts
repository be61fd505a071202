import { rescaleAction, timeLimit, type Env } from '@meow-rl/envs';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { halfCheetah, hopper, loadMujoco } from '../index.ts';
import { antModel } from '../models/index.ts';
import { Simulation } from '../simulation.ts';
import { fromBytePlanes, toBytePlanes } from './byte-planes.ts';
import {
  decodeRecording,
  describeScene,
  encodeRecording,
  frame,
  isMujocoEnv,
  positionsAt,
  recordEpisode,
  steps,
  type Recording,
} from './index.ts';

const mujoco = await loadMujoco();

/** An episode of HalfCheetah under random actions, seen through the wrappers of training. */
function randomEpisode(length: number) {
  const task = halfCheetah(mujoco);
  const env = recordEpisode(rescaleAction(timeLimit(task, length)), task, { caption: 'random actions' });
  const generator = createGenerator(3);
  env.reset({ seed: 1 });
  const positions = [task.simulation.qpos.slice()];
  let total = 0;
  for (let i = 0; i < length; i += 1) {
    total += env.step(Array.from({ length: 6 }, () => 2 * generator.uniform() - 1)).reward;
    positions.push(task.simulation.qpos.slice());
  }
  const recording = env.recording();
  env.close();
  return { recording, positions, total };
}

const { recording, positions, total } = randomEpisode(1000);
const bytes = await encodeRecording(recording);

it('isMujocoEnv knows a task of another copy of this package by its members, and no wrapper', () => {
  const task = halfCheetah(mujoco);
  const { simulation, frameSkip, contactForces } = task;
  const { model, qpos, timestep } = simulation;
  const twin = () => simulation.twin();
  const copied: Env = Object.assign({ ...task }, { simulation: { model, qpos, timestep, twin } });
  expect(isMujocoEnv(copied)).toBe(true);
  expect(isMujocoEnv(timeLimit(task, 9))).toBe(false);
  const hollow: Env = Object.assign(timeLimit(task, 9), { simulation: { qpos }, frameSkip, contactForces });
  expect(isMujocoEnv(hollow)).toBe(false);
  const handedOn = { ...timeLimit(task, 9), simulation, frameSkip, contactForces };
  expect(isMujocoEnv(handedOn)).toBe(true);
  task.close();
});

describe('recordEpisode', () => {
  it('keeps positions, rewards and how it ended', () => {
    expect(steps(recording)).toBe(1000);
    expect(recording).toMatchObject({
      environment: 'HalfCheetah-v5',
      caption: 'random actions',
      ending: 'truncated',
    });
    expect(recording.dt).toBeCloseTo(0.05, 12);
    expect(recording.episodeReturn).toBe(total);
    for (const i of [0, 1, 500, 1000])
      expect(frame(recording, i)).toEqual(Float32Array.from(positions[i] ?? []));
  });

  it('begins anew with every reset, and says when there is nothing yet', () => {
    const task = hopper(mujoco);
    const env = recordEpisode(task, task);
    expect(() => env.recording()).toThrow('Hopper-v5: recording() was called before an episode.');
    env.reset({ seed: 0, options: { qpos: [0, 0.65, 0, 0, 0, 0], qvel: [0, 0, 0, 0, 0, 0] } });
    env.step([0, 0, 0]);
    expect(env.recording()).toMatchObject({ ending: 'terminated', rewards: { length: 1 } });
    env.reset();
    expect(env.recording()).toMatchObject({ ending: 'unfinished', rewards: { length: 0 }, episodeReturn: 0 });
    env.close();
  });

  it('repeats the last frame where the simulation diverges', () => {
    const task = hopper(mujoco);
    const env = recordEpisode(task, task);
    env.reset({ seed: 0 });
    env.step([0, 0, 0]);
    task.simulation.qvel.fill(1e12);
    env.step([0, 0, 0]);
    const diverged = env.recording();
    expect(diverged.ending).toBe('diverged');
    expect(frame(diverged, 2)).toEqual(frame(diverged, 1));
    env.close();
  });
});

describe('a recording’s file', () => {
  it('gives back what went in', async () => {
    expect(await decodeRecording(bytes)).toEqual(recording);
  });

  it('takes some tens of kB for 1000 steps of HalfCheetah', () => {
    expect(bytes.length).toBeGreaterThan(10_000);
    expect(bytes.length).toBeLessThan(40_000);
  });

  it('may lie anywhere in a buffer', async () => {
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(await decodeRecording(shifted.subarray(3))).toEqual(recording);
  });

  const changed = (change: (copy: Uint8Array<ArrayBuffer>) => Uint8Array) => change(bytes.slice());
  const poke = (offset: number, xor: number) =>
    changed((copy) => {
      copy[offset] = (copy[offset] ?? 0) ^ xor;
      return copy;
    });

  it.each<[string, Uint8Array, RegExp]>([
    ['another kind', new TextEncoder().encode('PK some archive'), /^x\.qpos: the file is no recording/],
    ['nothing', new Uint8Array(0), /no recording/],
    ['another version', poke(8, 3), /has version 2, expected 1/],
    ['a short file', changed((copy) => copy.subarray(0, -100)), /damaged: its last 100 bytes are missing/],
    ['only the beginning', changed((copy) => copy.subarray(0, 15)), /it has 15 bytes, expected 20/],
    ['a long file', changed((copy) => Uint8Array.of(...copy, 1, 2)), /damaged: 2 bytes follow it/],
    ['a flipped bit', poke(bytes.length - 4000, 16), /damaged: it does not unzip/],
    ['a wrong header size', poke(12, 1), /damaged: its header is not that of a recording/],
  ])('%s is refused', async (_, wrong, message) => {
    await expect(decodeRecording(wrong, 'x.qpos')).rejects.toThrow(message);
  });

  it('must not contradict itself', async () => {
    const wrong = { ...recording, scene: { ...recording.scene, nq: 10 } };
    await expect(encodeRecording(wrong)).rejects.toThrow(
      'recording: qpos has 9009 numbers, expected 10010 for 1000 steps of 10 positions.',
    );
    const lost = {
      ...recording,
      scene: { ...recording.scene, geoms: [{ ...recording.scene.geoms[0], body: 99 }] },
    };
    const encoded = await encodeRecording(lost as Recording);
    await expect(decodeRecording(encoded)).rejects.toThrow(/contradicts itself/);
  });
});

describe('byte planes', () => {
  it('come back to the same bits', () => {
    const values = Float32Array.of(1, -0, Number.NaN, 1e-40, Infinity, 3.5);
    const back = fromBytePlanes(toBytePlanes(values, 3), 3);
    expect(new Uint32Array(back.buffer)).toEqual(new Uint32Array(values.buffer));
  });

  it('put the first bytes first, column by column', () => {
    // 1 is 3f 80 00 00, 2 is 40 00 00 00, 3 is 40 40 00 00
    const planes = toBytePlanes(Float32Array.of(1, 2, 3, 1), 2);
    expect([...planes.subarray(0, 8)]).toEqual([0x3f, 0x40, 0x40, 0x3f, 0x80, 0x40, 0, 0x80]);
  });
});

describe('positionsAt', () => {
  it('goes straight between frames', () => {
    const [from, to] = [frame(recording, 10), frame(recording, 11)];
    const middle = positionsAt(recording, 10.25 * recording.dt);
    for (const [i, value] of middle.entries())
      expect(value).toBeCloseTo(0.75 * (from[i] ?? 0) + 0.25 * (to[i] ?? 0), 5);
    expect(positionsAt(recording, -1)).toEqual(frame(recording, 0));
    expect(positionsAt(recording, 1e6)).toEqual(frame(recording, 1000));
  });

  it('takes q and −q for the same rotation', () => {
    const simulation = new Simulation(mujoco, { id: 'Ant', xml: antModel() });
    const scene = describeScene(simulation);
    const start = Float32Array.from(simulation.qpos);
    const turned = start.map((value, i) => (i >= 3 && i < 7 ? -value : value));
    const two = {
      ...recording,
      scene,
      qpos: Float32Array.of(...start, ...turned),
      rewards: new Float32Array(1),
    };
    expect(positionsAt(two, 0.5 * two.dt)).toEqual(start);
    simulation.close();
  });
});
