import type { Vec3 } from '../mjcf/element.ts';

/** A rotation as MuJoCo writes it: real part first, [w, x, y, z]. */
export type Quaternion = readonly [number, number, number, number];

export const identity: Quaternion = [1, 0, 0, 0];

/** The rotation `b` and after it `a`. */
export const multiply = (a: Quaternion, b: Quaternion): Quaternion => [
  a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
  a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
  a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
  a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
];

/** The vector `v`, rotated. */
export function rotate([w, x, y, z]: Quaternion, v: Vec3): Vec3 {
  // t = 2 q × v,   v' = v + w t + q × t
  const tx = 2 * (y * v[2] - z * v[1]);
  const ty = 2 * (z * v[0] - x * v[2]);
  const tz = 2 * (x * v[1] - y * v[0]);
  return [
    v[0] + w * tx + (y * tz - z * ty),
    v[1] + w * ty + (z * tx - x * tz),
    v[2] + w * tz + (x * ty - y * tx),
  ];
}

/** The rotation by `angle` radians about `axis`, a unit vector. */
export function aboutAxis(axis: Vec3, angle: number): Quaternion {
  const s = Math.sin(angle / 2);
  return [Math.cos(angle / 2), s * axis[0], s * axis[1], s * axis[2]];
}

/** Scaled to length 1; no rotation for what is too short to tell, as MuJoCo has it. */
export function normalize(q: Quaternion): Quaternion {
  const length = Math.hypot(...q);
  if (length < 1e-15) return identity;
  return [q[0] / length, q[1] / length, q[2] / length, q[3] / length];
}

export const add = (a: Vec3, b: Vec3): Vec3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];

export const subtract = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];

export const scale = (factor: number, v: Vec3): Vec3 => [factor * v[0], factor * v[1], factor * v[2]];
