import { element, type Element, type Vec3 } from './element.ts';

/** How a geom takes part in contacts, and its weight; what isn't given comes from the model's defaults. */
export interface GeomOptions {
  readonly name?: string;
  /** Sliding, torsional and rolling friction. */
  readonly friction?: Vec3 | number;
  /** Dimensions of a contact: 1 without friction, 3 with sliding friction. */
  readonly condim?: number;
  /** Two geoms can touch if the contype of one shares a bit with the conaffinity of the other. */
  readonly contype?: number;
  readonly conaffinity?: number;
  /** Distance from which a contact is active. */
  readonly margin?: number;
  readonly solimp?: readonly number[];
  /** kg/m³. */
  readonly density?: number;
}

/** How a joint moves, resists and stops. */
export interface JointOptions {
  /** Lower and upper limit; without it the joint is unlimited. Radians for a hinge. */
  readonly range?: readonly [number, number];
  /** Where it is attached, in the body's frame. */
  readonly pos?: Vec3;
  /** Position in the model's initial configuration. */
  readonly ref?: number;
  readonly damping?: number;
  /** Rotor inertia as the joint feels it. */
  readonly armature?: number;
  readonly stiffness?: number;
  readonly margin?: number;
  readonly solimplimit?: readonly number[];
}

/** A flat floor at `at`, drawn `size` = [half x, half y, grid spacing] large and in truth infinite. */
export const plane = (size: Vec3, { at, ...options }: GeomOptions & { readonly at?: Vec3 } = {}) =>
  element('geom', { type: 'plane', size, pos: at, ...options });

export const sphere = (radius: number, { at, ...options }: GeomOptions & { readonly at?: Vec3 } = {}) =>
  element('geom', { type: 'sphere', size: radius, pos: at, ...options });

/** A cylinder with half spheres at its ends, whose axis goes `from` one centre `to` the other. */
export const capsule = (radius: number, from: Vec3, to: Vec3, options: GeomOptions = {}) =>
  element('geom', { type: 'capsule', size: radius, fromto: [...from, ...to], ...options });

/** A capsule around `at` whose axis, first along z, is turned by `angle` about y. */
export const tiltedCapsule = (
  radius: number,
  halfLength: number,
  { at, angle, ...options }: GeomOptions & { readonly at: Vec3; readonly angle: number },
) =>
  element('geom', {
    type: 'capsule',
    size: [radius, halfLength],
    pos: at,
    axisangle: [0, 1, 0, angle],
    ...options,
  });

/** An upright cylinder around `at`. */
export const cylinder = (
  radius: number,
  halfLength: number,
  { at, unused, ...options }: GeomOptions & { readonly at?: Vec3; readonly unused?: number } = {},
) =>
  element('geom', {
    type: 'cylinder',
    // A third size means nothing to a cylinder, but the compiled model records it.
    size: unused === undefined ? [radius, halfLength] : [radius, halfLength, unused],
    pos: at,
    ...options,
  });

export const hinge = (name: string, axis: Vec3, options: JointOptions = {}) =>
  element('joint', { type: 'hinge', name, axis, ...options });

export const slide = (name: string, axis: Vec3, options: JointOptions = {}) =>
  element('joint', { type: 'slide', name, axis, ...options });

/** Six degrees of freedom: a position and a quaternion in qpos. Not limited, damped or weighed down by default. */
export const free = (name: string, options: Pick<JointOptions, 'margin'> = {}) =>
  element('joint', {
    type: 'free',
    name,
    limited: false,
    damping: 0,
    armature: 0,
    stiffness: 0,
    ...options,
  });

/** A point of a body that the simulation tracks. */
export const site = (name: string, pos: Vec3) => element('site', { name, pos });

/** A rigid body at `pos` in its parent's frame, with its joints, geoms and child bodies. */
export const body = (
  name: string | undefined,
  pos: Vec3,
  children: readonly Element[],
  { quat }: { readonly quat?: readonly [number, number, number, number] } = {},
) => element('body', { name, pos, quat }, children);
