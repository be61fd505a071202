import { element, toXml, type Element, type Vec3 } from './element.ts';
import type { GeomOptions, JointOptions } from './parts.ts';

/** A motor: torque or force `gear` times the control, on one joint. */
export interface Motor {
  readonly joint: string;
  readonly gear: number;
}

/** A length that is a weighted sum of joint positions, reported and otherwise without effect. */
export interface FixedTendon {
  readonly name: string;
  /** Weight by joint. */
  readonly joints: Readonly<Record<string, number>>;
}

/** A robot and its surroundings, as our models are written. */
export interface ModelDescription {
  readonly name: string;
  /** Seconds of one simulation step. */
  readonly timestep: number;
  /** Default: Euler, semi-implicit. */
  readonly integrator?: 'Euler' | 'RK4';
  /** Default: Newton. */
  readonly solver?: 'Newton' | 'PGS';
  /** Iterations of the solver. Default: 100. */
  readonly iterations?: number;
  readonly gravity?: Vec3;
  /** Density of the medium around the robot. */
  readonly density?: number;
  /** Viscosity of the medium around the robot. */
  readonly viscosity?: number;
  /** Scales all masses so that they sum to this. Default: as density and volume give them. */
  readonly totalMass?: number;
  readonly geoms?: GeomOptions;
  readonly joints?: JointOptions;
  /** Geoms of the world and top-level bodies. */
  readonly world: readonly Element[];
  readonly motors: readonly Motor[];
  /** Every motor's control is clamped to ± this. */
  readonly controlLimit: number;
  readonly tendons?: readonly FixedTendon[];
  /**
   * Bytes for contacts, constraints and the solver's stack, for example `512K`. MuJoCo would reserve some 13 MB for
   * each environment.
   */
  readonly memory: string;
}

/** MJCF of a description, in radians, masses from the geoms. */
export function mjcf(model: ModelDescription): string {
  const { timestep, integrator, solver, iterations, gravity, density, viscosity } = model;
  return toXml(
    element('mujoco', { model: model.name }, [
      element('compiler', { angle: 'radian', inertiafromgeom: true, settotalmass: model.totalMass }),
      element('option', { timestep, integrator, solver, iterations, gravity, density, viscosity }),
      element('size', { memory: model.memory }),
      element('default', {}, [
        element('geom', { ...model.geoms }),
        element('joint', { ...model.joints }),
        element('motor', { ctrllimited: true, ctrlrange: [-model.controlLimit, model.controlLimit] }),
      ]),
      element('worldbody', {}, model.world),
      ...(model.tendons ? [element('tendon', {}, model.tendons.map(tendon))] : []),
      element(
        'actuator',
        {},
        model.motors.map(({ joint, gear }) => element('motor', { name: joint, joint, gear })),
      ),
    ]),
  );
}

const tendon = ({ name, joints }: FixedTendon) =>
  element(
    'fixed',
    { name },
    Object.entries(joints).map(([joint, coef]) => element('joint', { joint, coef })),
  );
