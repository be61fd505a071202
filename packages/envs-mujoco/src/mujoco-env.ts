import type { Info } from '@meow-rl/envs';
import type { Generator } from '@meow-rl/random';

import type { Assets } from './compile-model.ts';
import type { Mujoco } from './mujoco.ts';
import {
  call,
  count,
  files,
  flag,
  requireObject,
  resolveOptions,
  scale,
  text,
  type OptionTable,
} from './options.ts';
import type { Simulation } from './simulation.ts';
import { taskEnv, type MujocoEnv, type Transition } from './task-env.ts';
import { positionsAndVelocities, uniformStart } from './tasks/common.ts';

/** A step as the functions of {@link MujocoEnvOptions} see it; the simulation is at its end. */
export interface MujocoStep extends Transition {
  readonly simulation: Simulation;
}

/** The start of an episode, for {@link MujocoEnvOptions.start} to change. */
export interface MujocoStart {
  /** The environment's seeded generator; all randomness has to come from it. */
  readonly generator: Generator;
  /** [nq] the initial positions with noise, to be changed in place. */
  readonly qpos: Float64Array;
  /** [nv] the initial velocities with noise, to be changed in place. */
  readonly qvel: Float64Array;
}

/** What {@link mujocoEnv} makes an environment of. */
export interface MujocoEnvOptions {
  /** Begins error messages. Default: `mujocoEnv`. */
  readonly id?: string;
  /** MJCF (or URDF) of the model. Its actuators' `ctrlrange` bounds the actions. */
  readonly xml: string;
  /** Files that `xml` refers to, by the name it uses. Default: none. */
  readonly assets?: Assets;
  /** Simulation steps that one step of the environment takes. Default: 1. */
  readonly frameSkip?: number;
  /** Whether a step also computes `cfrc_ext`. Default: false. */
  readonly contactForces?: boolean;
  /** Positions and velocities start with U(−resetNoise, resetNoise) added. Default: 0. */
  readonly resetNoise?: number;
  /** Moves the start of an episode, after the noise. Default: leaves it. */
  readonly start?: (start: MujocoStart) => void;
  /** [obs] what is observed, always the same number of finite numbers. Default: all positions and velocities. */
  readonly observe?: (simulation: Simulation) => ArrayLike<number>;
  /** Numbers whose change the reward depends on; a step has them as `before` and `after`. Default: none. */
  readonly track?: (simulation: Simulation) => ArrayLike<number>;
  /** What a step is worth, a finite number. */
  readonly reward: (step: MujocoStep) => number;
  /** Whether the task ended with a step. Default: never. */
  readonly terminate?: (step: MujocoStep) => boolean;
  /** `info` of a step. Default: empty. */
  readonly info?: (step: MujocoStep) => Info;
  /** `info` of a reset. Default: empty. */
  readonly resetInfo?: (simulation: Simulation) => Info;
}

type Missing<K extends keyof MujocoEnvOptions> = { readonly [name in K]: MujocoEnvOptions[name] | undefined };
type Resolved = Required<Omit<MujocoEnvOptions, 'id' | 'xml' | 'assets' | 'reward'>> &
  Missing<'id' | 'assets'> &
  Partial<Pick<MujocoEnvOptions, 'xml' | 'reward'>>;

const table: OptionTable<Resolved> = {
  id: text,
  xml: text,
  assets: files,
  frameSkip: count(1),
  contactForces: flag(false),
  resetNoise: scale(0),
  start: call(() => {}),
  observe: call((simulation) => positionsAndVelocities(simulation, 0)),
  track: call(() => []),
  reward: call(undefined),
  terminate: call(() => false),
  info: call(() => ({})),
  resetInfo: call(() => ({})),
};

/**
 * An environment of a model of your own: MJCF, and functions that say what is seen, earned and the end.
 *
 * It behaves as the tasks of this package do: seeded, checked, without a time limit of its own, with `state()` and `restore()` as long as the functions
 * keep nothing for themselves (let `track` do it), and with a simulation that diverges ending the episode. Put it into a
 * registry as `{ 'Mine-v0': { create: () => mujocoEnv(mujoco, …), maxSteps: 500 } }`.
 *
 * An environment takes memory for contacts, some 13 MB unless the model says how much, for example
 * `<size memory="1M"/>`; `simulation.memory` shows what is used.
 *
 * @param mujoco what `await loadMujoco()` gave; one for all environments of a thread
 * @throws RangeError for an option that is missing, unknown or out of range, or a model without actuators
 * @throws SyntaxError for MJCF that doesn't compile, or a file that isn't in `assets`
 */
export function mujocoEnv(mujoco: Mujoco, options: MujocoEnvOptions): MujocoEnv {
  requireObject('mujocoEnv: options', options);
  const id = options.id ?? 'mujocoEnv';
  const resolved = resolveOptions(id, table, options);
  const { xml, reward, observe, track, terminate } = resolved;
  if (xml === undefined) throw new RangeError(`${id}: option xml is missing. Give the MJCF of a model.`);
  if (reward === undefined) {
    throw new RangeError(`${id}: option reward is missing. Give a function of the step, such as () => 1.`);
  }
  return taskEnv(mujoco, { ...resolved, id, xml }, (simulation) => {
    const seen = steadyNumbers(`${id}: observe()`, () => observe(simulation));
    if (seen().length === 0) throw new RangeError(`${id}: observe() gave nothing. Give at least one number.`);
    const noise = uniformStart(resolved.resetNoise);
    return {
      start(generator, qpos, qvel) {
        noise(generator, qpos, qvel);
        resolved.start({ generator, qpos, qvel });
        requireFinite(`${id}: start() left qpos with`, qpos);
        requireFinite(`${id}: start() left qvel with`, qvel);
      },
      observe: seen,
      track: steadyNumbers(`${id}: track()`, () => track(simulation)),
      resetInfo: () => resolved.resetInfo(simulation),
      judge({ action, before, after, dt, observation }) {
        const step: MujocoStep = { simulation, action, before, after, dt, observation };
        const worth: unknown = reward(step);
        if (typeof worth !== 'number' || !Number.isFinite(worth)) {
          throw new TypeError(`${id}: reward() gave ${show(worth)}, expected a finite number.`);
        }
        const terminated: unknown = terminate(step);
        if (typeof terminated !== 'boolean') {
          throw new TypeError(`${id}: terminate() gave ${show(terminated)}, expected true or false.`);
        }
        return { reward: worth, terminated, info: resolved.info(step) };
      },
    };
  });
}

/** `read`, copied, and checked to give finite numbers, and as many as the first time. */
function steadyNumbers(name: string, read: () => ArrayLike<number>): () => Float64Array {
  let size: number | undefined;
  return () => {
    const given: unknown = read();
    if (!isArrayLike(given)) {
      throw new TypeError(`${name} gave ${show(given)}, expected an array of numbers.`);
    }
    const numbers = new Float64Array(given);
    size ??= numbers.length;
    if (numbers.length !== size) {
      throw new RangeError(
        `${name} gave ${numbers.length} numbers, but ${size} the first time. Give the same ones in every state.`,
      );
    }
    requireFinite(`${name} gave`, numbers);
    return numbers;
  };
}

const isArrayLike = (value: unknown): value is ArrayLike<number> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);

function requireFinite(what: string, numbers: Float64Array): void {
  const bad = numbers.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) throw new RangeError(`${what} ${numbers[bad]} in entry ${bad}, expected a finite number.`);
}

/** A value, or what it is, for an error message. */
const show = (value: unknown) =>
  typeof value === 'object' && value !== null ? `an object (${value.constructor.name})` : String(value);
