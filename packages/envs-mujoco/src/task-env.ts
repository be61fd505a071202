import { box, createEnv, encodeNumbers, type Info, type TypedEnv } from '@meow-rl/envs';
import type { Generator } from '@meow-rl/random';

import { savedTask } from './env-state.ts';
import type { Mujoco } from './mujoco.ts';
import { requireKnown, requireObject } from './options.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';

/** Where an episode may be asked to begin, instead of at random. */
export interface MujocoResetOptions {
  /** [nq] positions. Default: random as the task says. */
  readonly qpos: ArrayLike<number>;
  /** [nv] velocities. Default: random as the task says. */
  readonly qvel: ArrayLike<number>;
}

/** An environment whose physics can be looked at. Its state is that of the physics too, warm start included. */
export interface MujocoEnv extends TypedEnv<Partial<MujocoResetOptions>, Info, Info> {
  /** The physics, for reading. */
  readonly simulation: Simulation;
  /** Simulation steps that one step of the environment takes. */
  readonly frameSkip: number;
  /** Whether a step also computes the contact forces `cfrc_ext`. */
  readonly contactForces: boolean;
}

/** What a step was worth. */
export interface Judgement {
  readonly reward: number;
  readonly terminated: boolean;
  readonly info: Info;
}

/** A step as `judge` of the task sees it; the simulation is at its end. */
export interface Transition {
  /** [act] as it was given. */
  readonly action: Float64Array;
  /** What `track` of the task gave before and after. */
  readonly before: Float64Array;
  readonly after: Float64Array;
  /** Seconds that it took. */
  readonly dt: number;
  /** [obs] what was observed at its end. */
  readonly observation: Float64Array;
}

/** What makes a simulation a task. */
export interface TaskRules {
  /** Moves the start, given as the initial configuration at rest, to a random one. */
  start(generator: Generator, qpos: Float64Array, qvel: Float64Array): void;
  /** [obs] a new array, of the same size always. */
  observe(): Float64Array;
  /** Numbers whose change in a step matters. Default: none. */
  track?(): Float64Array;
  judge(transition: Transition): Judgement;
  /** `info` of a reset. Default: empty. */
  resetInfo?(): Info;
}

/** How many of each a model has to have. */
export interface ModelCounts {
  readonly positions?: number;
  readonly velocities?: number;
  readonly sites?: number;
}

/** What a task runs on. */
export interface TaskOptions extends SimulationOptions {
  /** Simulation steps that one step of the environment takes. */
  readonly frameSkip: number;
  /** Whether the rules read `cfrc_ext`, which costs time to compute. Default: false. */
  readonly contactForces?: boolean;
  /** What the rules read by index, in case the model isn't the task's own. Default: nothing. */
  readonly reads?: ModelCounts;
}

/**
 * Makes an environment of a simulation and rules.
 *
 * A simulation that diverges (NaN, or beyond 1e10) terminates the episode with reward 0, the last observation that was
 * sound, and `info.diverged` set. MuJoCo by itself would silently start over in the middle of the episode.
 *
 * @throws RangeError for a model without actuators, or one that lacks what the rules observe
 */
export function taskEnv(
  mujoco: Mujoco,
  options: TaskOptions,
  rulesOf: (simulation: Simulation) => TaskRules,
): MujocoEnv {
  const simulation = new Simulation(mujoco, options);
  try {
    requireModel(simulation, options.reads ?? {});
    return envOf(simulation, options, rulesOf(simulation));
  } catch (error) {
    simulation.close();
    throw error;
  }
}

const NOTHING = new Float64Array(0);
const RESET_OPTIONS: readonly (keyof MujocoResetOptions)[] = ['qpos', 'qvel'];

function envOf(simulation: Simulation, options: TaskOptions, rules: TaskRules): MujocoEnv {
  const { id, frameSkip, contactForces = false } = options;
  const dt = frameSkip * simulation.timestep;
  const track = () => rules.track?.() ?? NOTHING;
  let tracked: Float64Array = NOTHING;
  // Physics that diverged can't be put back, and needn't be: the next episode begins from scratch.
  let sound = true;

  // Gymnasium's action spaces have bounds in float32.
  const { low, high } = simulation.controlBounds();
  const { nq, nv } = simulation.model;
  simulation.place(simulation.initialPosition, new Float64Array(nv));
  // A copy of the last one, in place: large arrays are slow to make.
  const observation = rules.observe();
  requireSound(id, observation);

  const env = createEnv<Partial<MujocoResetOptions>, Info, Info>({
    id,
    observationSpace: box({
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
      shape: [observation.length],
    }),
    actionSpace: box({ low: Float32Array.from(low), high: Float32Array.from(high) }),
    start(generator, resetOptions) {
      requireObject(`${id}: reset options`, resetOptions);
      requireKnown(`${id}: reset option`, RESET_OPTIONS, resetOptions);
      const { qpos, qvel } = resetOptions;
      const startPosition = simulation.initialPosition.slice();
      const startVelocity = new Float64Array(nv);
      rules.start(generator, startPosition, startVelocity);
      if (qpos !== undefined) fill(startPosition, qpos, `${id}: reset option qpos`, nq);
      if (qvel !== undefined) fill(startVelocity, qvel, `${id}: reset option qvel`, nv);
      simulation.reset();
      simulation.place(startPosition, startVelocity);
      tracked = track();
      const seen = rules.observe();
      observation.set(seen);
      sound = true;
      return { observation: seen, info: rules.resetInfo?.() ?? {} };
    },
    advance(action) {
      simulation.control(action);
      if (!simulation.step(frameSkip)) {
        sound = false;
        const info = { diverged: true };
        return { observation: observation.slice(), reward: 0, terminated: true, truncated: false, info };
      }
      if (contactForces) simulation.computeContactForces();
      const before = tracked;
      tracked = track();
      const seen = rules.observe();
      const { reward, terminated, info } = rules.judge({
        action,
        before,
        after: tracked,
        dt,
        observation: seen,
      });
      observation.set(seen);
      return { observation: seen, reward, terminated, truncated: false, info };
    },
    capture: () => ({
      physics: sound ? encodeNumbers(simulation.capture()) : null,
      tracked: encodeNumbers(tracked),
      observation: encodeNumbers(observation),
    }),
    resume(saved) {
      const { observation: last, ...task } = savedTask(id, saved, observation.length);
      if (task.physics) simulation.restore(task.physics);
      sound = task.physics !== null;
      tracked = task.tracked;
      observation.set(last);
    },
    release: () => simulation.close(),
  });

  return { ...env, simulation, frameSkip, contactForces };
}

function requireModel(
  { id, model }: Simulation,
  { positions = 0, velocities = 0, sites = 0 }: ModelCounts,
): void {
  if (model.nu === 0) {
    throw new RangeError(`${id}: the model has no actuators, so there is nothing to act on. Add <actuator>.`);
  }
  const counts = [
    ['positions', model.nq, positions],
    ['velocities', model.nv, velocities],
    ['sites', model.nsite, sites],
  ] as const;
  for (const [what, count, least] of counts) {
    if (count < least) throw lacking(`${id}: the model has ${count} ${what}, but the task reads ${least}.`);
  }
}

const lacking = (problem: string) =>
  new RangeError(
    `${problem} Give a model with the joints, bodies and sites of the task's own, in the same order.`,
  );

function requireSound(id: string, observation: Float64Array): void {
  const bad = observation.findIndex((x) => !Number.isFinite(x));
  if (bad < 0) return;
  throw lacking(
    `${id}: the first observation has ${observation[bad]} in entry ${bad}: the model lacks what the task reads there.`,
  );
}

function fill(target: Float64Array, values: ArrayLike<number>, where: string, size: number): void {
  if (values.length !== size) {
    throw new RangeError(`${where} has ${values.length} entries, expected ${size}. Give one per coordinate.`);
  }
  target.set(values);
  for (const [i, value] of target.entries()) {
    if (!Number.isFinite(value))
      throw new RangeError(`${where} has ${value} in entry ${i}, expected a finite number.`);
  }
}
