import type { Generator } from '@meow-rl/random';

import type { Assets } from '../compile-model.ts';
import { count, files, flag, scale, text, type OptionTable, type Range } from '../options.ts';
import type { Simulation } from '../simulation.ts';
import type { Transition } from '../task-env.ts';

/** Options that every task has. */
export interface CommonOptions {
  /** MJCF of another model to do the task with. Default: the model of the task. */
  readonly xml: string | undefined;
  /** Files that `xml` refers to. Default: none. */
  readonly assets: Assets | undefined;
  /** Simulation steps that one step of the environment takes. */
  readonly frameSkip: number;
}

export const commonOptions = (frameSkip: number): OptionTable<CommonOptions> => ({
  xml: text,
  assets: files,
  frameSkip: count(frameSkip),
});

/** Options of the tasks that begin at random around the initial configuration. */
export interface NoisyOptions extends CommonOptions {
  /** Scale of the random start. */
  readonly resetNoiseScale: number;
}

export const noisyOptions = (frameSkip: number, noise: number): OptionTable<NoisyOptions> => ({
  ...commonOptions(frameSkip),
  resetNoiseScale: scale(noise),
});

/** Options of the tasks that move away from where they start. */
export interface LocomotionOptions extends NoisyOptions {
  /** Whether to leave out the coordinates that rewards don't depend on, x and in space y. Default: true. */
  readonly excludeCurrentPositionsFromObservation: boolean;
}

export const locomotionOptions = (frameSkip: number, noise: number): OptionTable<LocomotionOptions> => ({
  ...noisyOptions(frameSkip, noise),
  excludeCurrentPositionsFromObservation: flag(true),
});

/** Adds U(−scale, scale) to positions and velocities. */
export const uniformStart =
  (noise: number) => (generator: Generator, qpos: Float64Array, qvel: Float64Array) => {
    addUniform(generator, qpos, noise);
    addUniform(generator, qvel, noise);
  };

/** Adds U(−scale, scale) to positions and scale · N(0, 1) to velocities. */
export const gaussianStart =
  (noise: number) => (generator: Generator, qpos: Float64Array, qvel: Float64Array) => {
    addUniform(generator, qpos, noise);
    for (let i = 0; i < qvel.length; i += 1) qvel[i] = entry(qvel, i) + noise * generator.normal();
  };

/** Adds U(−bound, bound) to every entry. */
export function addUniform(generator: Generator, values: Float64Array, bound: number): void {
  for (let i = 0; i < values.length; i += 1) {
    values[i] = entry(values, i) + bound * (2 * generator.uniform() - 1);
  }
}

/** An entry known to be there; NaN would show if it weren't. */
export const entry = (values: ArrayLike<number>, i: number): number => values[i] ?? Number.NaN;

export const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

/** U(low, high). */
export const uniform = (generator: Generator, low: number, high: number): number =>
  low + (high - low) * generator.uniform();

/** Whether low < x < high. */
export const inside = (x: number, [low, high]: Range): boolean => low < x && x < high;

/** Whether all values from entry `from` on are inside. */
export function allInside(values: ArrayLike<number>, from: number, bounds: Range): boolean {
  for (let i = from; i < values.length; i += 1) if (!inside(entry(values, i), bounds)) return false;
  return true;
}

/** Σ x², added up in order. */
export function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (const x of values) sum += x * x;
  return sum;
}

/** One new array of all numbers of the parts. */
export function concat(...parts: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** Positions from entry `skip` on and velocities. */
export const positionsAndVelocities = ({ qpos, qvel }: Simulation, skip: number): Float64Array => {
  const all = new Float64Array(qpos.length - skip + qvel.length);
  let end = 0;
  for (let i = skip; i < qpos.length; i += 1) all[end++] = entry(qpos, i);
  for (let i = 0; i < qvel.length; i += 1) all[end++] = entry(qvel, i);
  return all;
};

/** How fast entry `i` of what is tracked changed. */
export const rate = ({ before, after, dt }: Transition, i: number): number =>
  (entry(after, i) - entry(before, i)) / dt;

/** x and y of the frame of body `index`, to track. */
export const bodyPosition2 = (simulation: Simulation, index: number): Float64Array =>
  simulation.view('xpos').slice(3 * index, 3 * index + 2);

/** |p − q| of the points whose coordinates begin at entries `p` and `q`. */
export const distance = (points: ArrayLike<number>, p: number, q: number): number =>
  Math.sqrt(
    (entry(points, p) - entry(points, q)) ** 2 +
      (entry(points, p + 1) - entry(points, q + 1)) ** 2 +
      (entry(points, p + 2) - entry(points, q + 2)) ** 2,
  );

/** How far from the origin the first two numbers of `place` are. */
export const planeDistance = (place: ArrayLike<number>): number =>
  Math.sqrt(entry(place, 0) ** 2 + entry(place, 1) ** 2);

/**
 * Where in the plane, for `info` of a reset: the first two numbers of `place`. Steps write these fields out, as
 * spreading an object takes longer than all else in a small task.
 */
export const planePosition = (place: ArrayLike<number>) => ({
  x_position: entry(place, 0),
  y_position: entry(place, 1),
  distance_from_origin: planeDistance(place),
});

/** The first `n` positions, to track. */
export const firstPositions = (simulation: Simulation, n: number): Float64Array =>
  simulation.qpos.slice(0, n);
