import type { MjModel } from '@mujoco/mujoco';

import type { Vec3 } from '../mjcf/element.ts';
import type { Simulation } from '../simulation.ts';
import type { Quaternion } from './quaternion.ts';

/** Kinds of joints, in the order of MuJoCo's mjtJoint. */
const jointTypes = ['free', 'ball', 'slide', 'hinge'] as const;
export type JointType = (typeof jointTypes)[number];

/** Entries of qpos that a joint of each kind takes. */
export const jointSizes: Readonly<Record<JointType, number>> = { free: 7, ball: 4, slide: 1, hinge: 1 };

/** Kinds of geoms, in the order of MuJoCo's mjtGeom. Height fields and signed distance fields are not drawn. */
const geomTypes = [
  'plane',
  'hfield',
  'sphere',
  'capsule',
  'ellipsoid',
  'cylinder',
  'box',
  'mesh',
  'sdf',
] as const;
export type GeomType = (typeof geomTypes)[number];

export interface SceneJoint {
  readonly type: JointType;
  /** Its first entry in qpos. */
  readonly address: number;
  /** Where it is attached, in the body's frame. */
  readonly position: Vec3;
  /** Unit vector in the body's frame; of meaning to slides and hinges. */
  readonly axis: Vec3;
  /** Value of qpos at which a slide or hinge doesn't move its body. */
  readonly reference: number;
}

export interface SceneBody {
  /** Index of the body that it is attached to, less than its own; 0 for the world itself. */
  readonly parent: number;
  /** In the parent's frame. */
  readonly position: Vec3;
  readonly quaternion: Quaternion;
  readonly joints: readonly SceneJoint[];
}

export interface SceneGeom {
  /** Index of the body that it moves with. */
  readonly body: number;
  readonly type: GeomType;
  /** As in MuJoCo: radius, half lengths; for a plane half lengths (0 for infinite) and the spacing of its grid. */
  readonly size: Vec3;
  /** In the body's frame. */
  readonly position: Vec3;
  readonly quaternion: Quaternion;
  /** Red, green, blue and opacity from 0 to 1, if the model chose a colour. */
  readonly color?: Quaternion;
  /** Index of its mesh. */
  readonly mesh?: number;
}

export interface SceneMesh {
  /** [3 · vertices] */
  readonly vertices: readonly number[];
  /** [3 · triangles] indices of vertices */
  readonly faces: readonly number[];
}

/** What of a compiled model is needed to draw it in any configuration; plain JSON. */
export interface Scene {
  /** Entries of qpos. */
  readonly nq: number;
  /** The world first, parents before children. */
  readonly bodies: readonly SceneBody[];
  readonly geoms: readonly SceneGeom[];
  readonly meshes: readonly SceneMesh[];
}

// MuJoCo's viewer hides the groups from 3 on, which models use for collision shapes and helpers.
const VISIBLE_GROUPS = 3;
// What MuJoCo gives a geom for which the model chooses no colour.
const DEFAULT_COLOR = [0.5, 0.5, 0.5, 1];

/** Reads what can be drawn of a simulation's model. Bodies under mocap control are taken to stay in place. */
export function describeScene({ model }: Simulation): Scene {
  const reference: Float64Array = model.qpos0;
  return {
    nq: model.nq,
    bodies: readBodies(model, reference),
    geoms: readGeoms(model),
    meshes: Array.from({ length: model.nmesh }, (_, i) => readMesh(model, i)),
  };
}

function readBodies(model: MjModel, reference: Float64Array): SceneBody[] {
  const owners: Int32Array = model.jnt_bodyid;
  const joints = Array.from({ length: model.njnt }, (_, i) => readJoint(model, i, reference));
  const parents: Int32Array = model.body_parentid;
  return Array.from({ length: model.nbody }, (_, i) => ({
    parent: at(parents, i),
    position: vector(model.body_pos, i),
    quaternion: four(model.body_quat, i),
    joints: joints.filter((_, joint) => at(owners, joint) === i),
  }));
}

function readJoint(model: MjModel, joint: number, reference: Float64Array): SceneJoint {
  const type = named(jointTypes, at(model.jnt_type, joint));
  const address = at(model.jnt_qposadr, joint);
  return {
    type,
    address,
    position: vector(model.jnt_pos, joint),
    axis: vector(model.jnt_axis, joint),
    reference: at(reference, address),
  };
}

function readGeoms(model: MjModel): SceneGeom[] {
  const groups: Int32Array = model.geom_group;
  return Array.from({ length: model.ngeom }, (_, i) => i)
    .filter((i) => at(groups, i) < VISIBLE_GROUPS)
    .map((i) => readGeom(model, i));
}

function readGeom(model: MjModel, geom: number): SceneGeom {
  const type = named(geomTypes, at(model.geom_type, geom));
  const color = colorOf(model, geom);
  return {
    body: at(model.geom_bodyid, geom),
    type,
    size: vector(model.geom_size, geom),
    position: vector(model.geom_pos, geom),
    quaternion: four(model.geom_quat, geom),
    ...(color && { color }),
    ...(type === 'mesh' && { mesh: at(model.geom_dataid, geom) }),
  };
}

/** The geom's own colour, or its material's; undefined if the model leaves it to the viewer. */
function colorOf(model: MjModel, geom: number): Quaternion | undefined {
  const materials: Int32Array = model.geom_matid;
  const color = four(model.geom_rgba, geom);
  if (color.some((value, i) => Math.abs(value - at(DEFAULT_COLOR, i)) > 1e-6)) return color;
  const material = at(materials, geom);
  return material >= 0 ? four(model.mat_rgba, material) : undefined;
}

function readMesh(model: MjModel, mesh: number): SceneMesh {
  const part = (values: ArrayLike<number>, starts: Int32Array, counts: Int32Array) => {
    const [start, count] = [at(starts, mesh), at(counts, mesh)];
    return Array.from({ length: 3 * count }, (_, i) => at(values, 3 * start + i));
  };
  return {
    vertices: part(model.mesh_vert, model.mesh_vertadr, model.mesh_vertnum),
    faces: part(model.mesh_face, model.mesh_faceadr, model.mesh_facenum),
  };
}

// Adding 0 turns −0 into 0, which JSON can't tell apart.
const at = (values: ArrayLike<number>, i: number): number => (values[i] ?? Number.NaN) + 0;

const vector = (values: ArrayLike<number>, i: number): Vec3 => [
  at(values, 3 * i),
  at(values, 3 * i + 1),
  at(values, 3 * i + 2),
];

const four = (values: ArrayLike<number>, i: number): Quaternion => [
  at(values, 4 * i),
  at(values, 4 * i + 1),
  at(values, 4 * i + 2),
  at(values, 4 * i + 3),
];

function named<T extends string>(names: readonly T[], i: number): T {
  const name = names[i];
  if (name === undefined) {
    throw new RangeError(
      `describeScene: the model has a joint or geom of type ${i}, expected one of ${names.join(', ')}. ` +
        'Replace it in the model.',
    );
  }
  return name;
}
