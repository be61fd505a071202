import { Color } from 'three';

import { forwardKinematics } from '../kinematics.ts';
import type { Scene } from '../scene.ts';

/** Colours of everything that isn't the robot. */
export interface Surroundings {
  readonly background: Color;
  readonly tile: Color;
  readonly otherTile: Color;
  readonly skylight: Color;
  readonly groundlight: Color;
  readonly sun: number;
  readonly sky: number;
}

export const light: Surroundings = {
  background: new Color('#eaf0f5'),
  tile: new Color('#dde5ec'),
  otherTile: new Color('#c6d2dd'),
  skylight: new Color('#ffffff'),
  groundlight: new Color('#b3a996'),
  sun: 2.4,
  sky: 1.5,
};

export const dark: Surroundings = {
  background: new Color('#12181f'),
  tile: new Color('#243040'),
  otherTile: new Color('#1b2532'),
  skylight: new Color('#b9cdea'),
  groundlight: new Color('#2a2620'),
  sun: 2.6,
  sky: 1.2,
};

const WORLD = '#8c99a8';
// The first body that hangs in the world, and others beside it: things to push, targets.
const TRUNKS = ['#2f6f8f', '#e0b03c', '#6c9f4f'] as const;
// From the trunk outwards; the two sides differ, so that legs which pass each other can be told apart.
const SIDES = [
  ['#d9663b', '#e58c4f', '#efb46c'],
  ['#3f8f7b', '#5fb095', '#8accb0'],
] as const;

/** A colour for every body, for models that leave the choice to the viewer. */
export function bodyColors(scene: Scene, qpos: ArrayLike<number>): Color[] {
  const poses = forwardKinematics(scene, qpos);
  const depths: number[] = [];
  const sides: number[] = [];
  return scene.bodies.map(({ parent }, i) => {
    depths[i] = i === 0 ? -1 : (depths[parent] ?? 0) + 1;
    const depth = depths[i];
    if (depth < 0) return new Color(WORLD);
    const siblings = scene.bodies.flatMap((other, k) => (other.parent === parent && k > 0 ? [k] : []));
    const across = poses[i]?.position[1] ?? 0;
    const trunk = poses[parent]?.position[1] ?? 0;
    // A limb keeps its side. It is told from the first body that lies left or right, or else from its place in the list.
    const inherited = siblings.length < 2 ? sides[parent] : undefined;
    const apart = Math.abs(across - trunk) > 1e-3 ? Number(across > trunk) : siblings.indexOf(i) % 2;
    sides[i] = inherited ?? apart;
    if (depth === 0) return new Color(TRUNKS[siblings.indexOf(i) % TRUNKS.length]);
    const shades = SIDES[sides[i] === 1 ? 1 : 0];
    return new Color(shades[(depth - 1) % shades.length]);
  });
}
