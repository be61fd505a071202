import type { MjData, MjModel } from '@mujoco/mujoco';

import { explained, requireConstraints } from './arena.ts';
import { compileModel, type Assets } from './compile-model.ts';
import type { Mujoco } from './mujoco.ts';

/** The arrays of mjData that {@link Simulation.view} gives; names and meaning as in MuJoCo's documentation. */
export type DataField =
  | 'act'
  | 'actuator_force'
  | 'cfrc_ext'
  | 'cinert'
  | 'ctrl'
  | 'cvel'
  | 'geom_xmat'
  | 'geom_xpos'
  | 'qacc'
  | 'qacc_warmstart'
  | 'qfrc_actuator'
  | 'qfrc_applied'
  | 'qfrc_constraint'
  | 'qpos'
  | 'qvel'
  | 'sensordata'
  | 'site_xpos'
  | 'subtree_com'
  | 'ten_length'
  | 'ten_velocity'
  | 'xfrc_applied'
  | 'xipos'
  | 'xmat'
  | 'xpos'
  | 'xquat';

/** What to simulate. */
export interface SimulationOptions {
  /** Begins error messages. */
  readonly id: string;
  /** MJCF or URDF text. */
  readonly xml: string;
  /** Files that the text refers to, by the name it uses. */
  readonly assets?: Assets | undefined;
}

/** What lies in WebAssembly's memory. */
interface Handles {
  readonly model: MjModel;
  readonly data: MjData;
}

// MuJoCo's own limit (mjMAXVAL): beyond it, it calls a state bad.
const LIMIT = 1e10;

/**
 * A model and its state: the pair mjModel and mjData of MuJoCo, and the calls that tasks need.
 *
 * Its memory lies in WebAssembly, where nothing collects it: call {@link Simulation.close}.
 */
export class Simulation {
  readonly id: string;
  /** Seconds of one simulation step. */
  readonly timestep: number;
  /** [nq] positions of the model's initial configuration. */
  readonly initialPosition: Float64Array;
  readonly #mujoco: Mujoco;
  readonly #options: SimulationOptions;
  #handles: Handles | undefined;
  // Reading the clock from MuJoCo each time would cost a small task more than all else.
  #clock = 0;
  #views: Partial<Record<DataField, Float64Array>> = {};

  constructor(mujoco: Mujoco, options: SimulationOptions) {
    const { id, xml, assets } = options;
    this.id = id;
    this.#options = options;
    this.#mujoco = mujoco;
    const model = compileModel(mujoco, id, xml, assets);
    try {
      this.#handles = { model, data: new mujoco.MjData(model) };
    } catch (error) {
      model.delete();
      throw new Error(
        `${id}: MuJoCo has no memory left for another simulation (2 GiB a thread). Close environments that are done ` +
          'with, lower <size memory> of your model, or spread environments over workers.',
        { cause: error },
      );
    }
    const option = model.opt;
    this.timestep = option.timestep;
    option.delete();
    this.initialPosition = Float64Array.from(this.view('qpos'));
  }

  /** Model and state for what is about to use them, unless they are freed. */
  #open(use: string): Handles {
    if (this.#handles !== undefined) return this.#handles;
    throw new Error(`${this.id}: ${use} was used after close(). Copy what you need before.`);
  }

  /** MuJoCo's compiled model. Reading a field makes a new view of it each time. */
  get model(): MjModel {
    return this.#open('model').model;
  }

  /**
   * The numbers of a field of mjData where they lie, rows one after the other. Read it anew after making another
   * simulation: when memory grows, older views lose their numbers.
   */
  view(field: DataField): Float64Array {
    const cached = this.#views[field];
    if (cached !== undefined && cached.buffer.byteLength > 0) return cached;
    const view: Float64Array = this.#open(field).data[field];
    this.#views[field] = view;
    return view;
  }

  get qpos(): Float64Array {
    return this.view('qpos');
  }

  get qvel(): Float64Array {
    return this.view('qvel');
  }

  /**
   * Bytes of the arena, which contacts, constraints and intermediate results share (`<size memory>` of the model), and the
   * most that they took so far. With too few, steps throw.
   */
  get memory(): { readonly bytes: number; readonly used: number } {
    const { model, data } = this.#open('memory');
    return { bytes: model.narena, used: data.maxuse_arena };
  }

  /** Simulated seconds since the reset. */
  get time(): number {
    return this.#clock;
  }

  /** Back to the initial configuration at rest, without forces and without memory of earlier steps. */
  reset(): void {
    const { model, data } = this.#open('reset()');
    this.#mujoco.mj_resetData(model, data);
    this.#clock = 0;
  }

  /**
   * Sets positions and velocities and computes everything that follows from them.
   *
   * @throws Error if the model's arena is too small
   */
  place(qpos: ArrayLike<number>, qvel: ArrayLike<number>): void {
    const handles = this.#open('place()');
    this.qpos.set(qpos);
    this.qvel.set(qvel);
    this.#forward(handles);
  }

  /** Sets the controls for the steps to come. */
  control(controls: ArrayLike<number>): void {
    const ctrl = this.view('ctrl');
    // A few numbers go faster one by one.
    for (let i = 0; i < ctrl.length; i += 1) ctrl[i] = controls[i] ?? Number.NaN;
  }

  /**
   * Takes `count` simulation steps under the controls in `ctrl`.
   *
   * @returns whether all went well; false if the state got NaN or beyond 1e10, which makes MuJoCo start over
   * @throws Error if the model's arena is too small
   */
  step(count: number): boolean {
    const { model, data } = this.#open('step()');
    // Starting over puts the clock back to 0, which shows only on a clock that wasn't there: lend it a second.
    const lent = this.#clock > 0 ? 0 : 1;
    if (lent > 0) data.time = lent;
    const earliest = lent + this.#clock + (count - 0.5) * this.timestep;
    this.advance(count);
    requireConstraints(this.#mujoco, this.id, model, data);
    const wentOn = data.time >= earliest;
    if (lent > 0 && wentOn) data.time -= lent;
    this.#clock = data.time;
    // A state that went bad in the last step isn't noticed by MuJoCo yet.
    return wentOn && isSane(this.qpos) && isSane(this.qvel);
  }

  /**
   * Like {@link Simulation.step} without looking at what came of it.
   *
   * @throws Error if the model's arena is too small
   */
  advance(count: number): void {
    const { model, data } = this.#open('advance()');
    try {
      for (let i = 0; i < count; i += 1) this.#mujoco.mj_step(model, data);
    } catch (error) {
      throw explained(error, this.id, model.narena);
    }
  }

  /** Computes the contact forces `cfrc_ext`, which steps leave alone. */
  computeContactForces(): void {
    const { model, data } = this.#open('computeContactForces()');
    try {
      this.#mujoco.mj_rnePostConstraint(model, data);
    } catch (error) {
      throw explained(error, this.id, model.narena);
    }
  }

  #forward({ model, data }: Handles): void {
    try {
      this.#mujoco.mj_forward(model, data);
    } catch (error) {
      throw explained(error, this.id, model.narena);
    }
    requireConstraints(this.#mujoco, this.id, model, data);
  }

  /** Index of a body: the one that `body` names, or `body` itself if there is one. */
  bodyIndex(body: string | number): number {
    const { model } = this.#open('bodyIndex()');
    return this.#index('body', this.#mujoco.mjtObj.mjOBJ_BODY.value, body, model.nbody);
  }

  /** Index of a site, like {@link Simulation.bodyIndex}. */
  siteIndex(site: string | number): number {
    const { model } = this.#open('siteIndex()');
    return this.#index('site', this.#mujoco.mjtObj.mjOBJ_SITE.value, site, model.nsite);
  }

  #index(kind: string, type: number, wanted: string | number, count: number): number {
    const index = typeof wanted === 'string' ? this.#mujoco.mj_name2id(this.model, type, wanted) : wanted;
    if (Number.isInteger(index) && index >= 0 && index < count) return index;
    throw new RangeError(
      `${this.id}: the model has no ${kind} ${JSON.stringify(wanted)}. Give a name in the model or an index below ${count}.`,
    );
  }

  /** Lower and upper bounds of the controls, infinite for an actuator without limits. */
  controlBounds(): { readonly low: Float64Array; readonly high: Float64Array } {
    const { model } = this.#open('controlBounds()');
    const range: Float64Array = model.actuator_ctrlrange;
    const low = new Float64Array(model.nu).fill(Number.NEGATIVE_INFINITY);
    const high = new Float64Array(model.nu).fill(Number.POSITIVE_INFINITY);
    for (let i = 0; i < low.length; i += 1) {
      const actuator = model.actuator(i);
      if (actuator.ctrllimited)
        [low[i], high[i]] = [range[2 * i] ?? Number.NaN, range[2 * i + 1] ?? Number.NaN];
      actuator.delete();
    }
    return { low, high };
  }

  /** Everything that later steps depend on: time, positions, velocities, activations, warm start, controls, forces. */
  capture(): Float64Array {
    const { model, data } = this.#open('capture()');
    const signature = this.#mujoco.mjtState.mjSTATE_INTEGRATION.value;
    const buffer = new this.#mujoco.DoubleBuffer(this.#mujoco.mj_stateSize(model, signature));
    try {
      this.#mujoco.mj_getState(model, data, buffer, signature);
      const view: Float64Array = buffer.GetView();
      return Float64Array.from(view);
    } finally {
      buffer.delete();
    }
  }

  /**
   * Continues from what {@link Simulation.capture} gave for the same model, and computes what follows from it.
   *
   * @throws RangeError for a state of another size
   * @throws Error if the model's arena is too small
   */
  restore(state: Float64Array): void {
    const handles = this.#open('restore()');
    const { model, data } = handles;
    const signature = this.#mujoco.mjtState.mjSTATE_INTEGRATION.value;
    const size = this.#mujoco.mj_stateSize(model, signature);
    if (state.length !== size) {
      throw new RangeError(
        `${this.id}: the state has ${state.length} numbers, expected ${size}. Restore states of the same model only.`,
      );
    }
    // A step that threw leaves part of the arena taken, and its warnings.
    this.#mujoco.mj_resetData(model, data);
    this.#mujoco.mj_setState(model, data, Array.from(state), signature);
    this.#forward(handles);
    // Forward dynamics improve the warm start, so put the one of the state back.
    this.#mujoco.mj_setState(model, data, Array.from(state), signature);
    this.#clock = data.time;
  }

  /** A second simulation of the same model, in its initial configuration. */
  twin(): Simulation {
    return new Simulation(this.#mujoco, this.#options);
  }

  /** Frees model and state. Closing twice is fine. */
  close(): void {
    const handles = this.#handles;
    if (handles === undefined) return;
    this.#handles = undefined;
    this.#views = {};
    handles.data.delete();
    handles.model.delete();
  }
}

function isSane(values: Float64Array): boolean {
  // Written so that NaN fails too.
  for (const value of values) if (!(Math.abs(value) <= LIMIT)) return false;
  return true;
}
