import type { MjData, MjModel } from '@mujoco/mujoco';

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

// MuJoCo's own limit (mjMAXVAL): beyond it, it calls a state bad.
const LIMIT = 1e10;

/**
 * A model and its state: the pair mjModel and mjData of MuJoCo, and the calls that tasks need.
 *
 * Its memory lies in WebAssembly, where nothing collects it: call {@link Simulation.close}.
 */
export class Simulation {
  readonly id: string;
  /** MuJoCo's compiled model. Reading a field makes a new view of it each time. */
  readonly model: MjModel;
  /** Seconds of one simulation step. */
  readonly timestep: number;
  /** [nq] positions of the model's initial configuration. */
  readonly initialPosition: Float64Array;
  readonly #mujoco: Mujoco;
  readonly #options: SimulationOptions;
  readonly #data: MjData;
  // Reading the clock from MuJoCo each time would cost a small task more than all else.
  #clock = 0;
  #views: Partial<Record<DataField, Float64Array>> = {};
  #closed = false;

  constructor(mujoco: Mujoco, options: SimulationOptions) {
    const { id, xml, assets } = options;
    this.id = id;
    this.#options = options;
    this.#mujoco = mujoco;
    this.model = compileModel(mujoco, id, xml, assets);
    try {
      this.#data = new mujoco.MjData(this.model);
    } catch (error) {
      this.model.delete();
      throw new Error(
        `${id}: MuJoCo has no memory left for another simulation (2 GiB a thread). Close environments that are done ` +
          'with, lower <size memory> of your model, or spread environments over workers.',
        { cause: error },
      );
    }
    const option = this.model.opt;
    this.timestep = option.timestep;
    option.delete();
    this.initialPosition = Float64Array.from(this.view('qpos'));
  }

  /**
   * The numbers of a field of mjData where they lie, rows one after the other. Read it anew after making another
   * simulation: when memory grows, older views lose their numbers.
   */
  view(field: DataField): Float64Array {
    const cached = this.#views[field];
    if (cached !== undefined && cached.buffer.byteLength > 0) return cached;
    if (this.#closed)
      throw new Error(`${this.id}: ${field} was read after close(). Copy what you need before.`);
    const view: Float64Array = this.#data[field];
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
   * Bytes that contacts and constraints may take (`<size memory>` of the model) and the most that they took so far. With
   * too few, MuJoCo leaves out contacts.
   */
  get memory(): { readonly bytes: number; readonly used: number } {
    return { bytes: this.model.narena, used: this.#data.maxuse_arena };
  }

  /** Simulated seconds since the reset. */
  get time(): number {
    return this.#clock;
  }

  /** Back to the initial configuration at rest, without forces and without memory of earlier steps. */
  reset(): void {
    this.#mujoco.mj_resetData(this.model, this.#data);
    this.#clock = 0;
  }

  /** Sets positions and velocities and computes everything that follows from them. */
  place(qpos: ArrayLike<number>, qvel: ArrayLike<number>): void {
    this.qpos.set(qpos);
    this.qvel.set(qvel);
    this.#mujoco.mj_forward(this.model, this.#data);
  }

  /** Sets the controls for the steps to come. */
  control(controls: ArrayLike<number>): void {
    const own = this.view('ctrl');
    // A few numbers go faster one by one.
    for (let i = 0; i < own.length; i += 1) own[i] = controls[i] ?? Number.NaN;
  }

  /**
   * Takes `count` simulation steps under the controls in `ctrl`.
   *
   * @returns whether all went well; false if the state got NaN or beyond 1e10, which makes MuJoCo start over
   */
  step(count: number): boolean {
    // Starting over puts the clock back to 0, which shows only on a clock that wasn't there: lend it a second.
    const lent = this.#clock > 0 ? 0 : 1;
    if (lent > 0) this.#data.time = lent;
    const earliest = lent + this.#clock + (count - 0.5) * this.timestep;
    this.advance(count);
    const wentOn = this.#data.time >= earliest;
    if (lent > 0 && wentOn) this.#data.time -= lent;
    this.#clock = this.#data.time;
    // A state that went bad in the last step isn't noticed by MuJoCo yet.
    return wentOn && isSane(this.qpos) && isSane(this.qvel);
  }

  /** Like {@link Simulation.step} without looking at what came of it. */
  advance(count: number): void {
    for (let i = 0; i < count; i += 1) this.#mujoco.mj_step(this.model, this.#data);
  }

  /** Computes the contact forces `cfrc_ext`, which steps leave alone. */
  computeContactForces(): void {
    this.#mujoco.mj_rnePostConstraint(this.model, this.#data);
  }

  /** Index of a body: the one that `body` names, or `body` itself if there is one. */
  bodyIndex(body: string | number): number {
    return this.#index('body', this.#mujoco.mjtObj.mjOBJ_BODY.value, body, this.model.nbody);
  }

  /** Index of a site, like {@link Simulation.bodyIndex}. */
  siteIndex(site: string | number): number {
    return this.#index('site', this.#mujoco.mjtObj.mjOBJ_SITE.value, site, this.model.nsite);
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
    const range: Float64Array = this.model.actuator_ctrlrange;
    const low = new Float64Array(this.model.nu).fill(Number.NEGATIVE_INFINITY);
    const high = new Float64Array(this.model.nu).fill(Number.POSITIVE_INFINITY);
    for (let i = 0; i < low.length; i += 1) {
      const actuator = this.model.actuator(i);
      if (actuator.ctrllimited)
        [low[i], high[i]] = [range[2 * i] ?? Number.NaN, range[2 * i + 1] ?? Number.NaN];
      actuator.delete();
    }
    return { low, high };
  }

  /** Everything that later steps depend on: time, positions, velocities, activations, warm start, controls, forces. */
  capture(): Float64Array {
    const signature = this.#mujoco.mjtState.mjSTATE_INTEGRATION.value;
    const buffer = new this.#mujoco.DoubleBuffer(this.#mujoco.mj_stateSize(this.model, signature));
    try {
      this.#mujoco.mj_getState(this.model, this.#data, buffer, signature);
      const view: Float64Array = buffer.GetView();
      return Float64Array.from(view);
    } finally {
      buffer.delete();
    }
  }

  /** Continues from what {@link Simulation.capture} gave for the same model, and computes what follows from it. */
  restore(state: Float64Array): void {
    const signature = this.#mujoco.mjtState.mjSTATE_INTEGRATION.value;
    const size = this.#mujoco.mj_stateSize(this.model, signature);
    if (state.length !== size) {
      throw new RangeError(
        `${this.id}: the state has ${state.length} numbers, expected ${size}. Restore states of the same model only.`,
      );
    }
    this.#mujoco.mj_setState(this.model, this.#data, Array.from(state), signature);
    this.#mujoco.mj_forward(this.model, this.#data);
    // Forward dynamics improve the warm start, so put the one of the state back.
    this.#mujoco.mj_setState(this.model, this.#data, Array.from(state), signature);
    this.#clock = this.#data.time;
  }

  /** A second simulation of the same model, in its initial configuration. */
  twin(): Simulation {
    return new Simulation(this.#mujoco, this.#options);
  }

  /** Frees model and state. Closing twice is fine. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#views = {};
    this.#data.delete();
    this.model.delete();
  }
}

function isSane(values: Float64Array): boolean {
  // Written so that NaN fails too.
  for (const value of values) if (!(Math.abs(value) <= LIMIT)) return false;
  return true;
}
