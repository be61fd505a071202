import { degrees, type Vec3 } from '../mjcf/element.ts';
import { body, capsule, free, hinge, plane, sphere } from '../mjcf/parts.ts';
import { mjcf } from '../mjcf/model.ts';

const RADIUS = 0.08;

interface LegOptions {
  readonly index: 1 | 2 | 3 | 4;
  /** Name of the body that holds the leg. */
  readonly name: string;
  readonly upper: string;
  readonly lower: string;
  /** Signs of x and y of the corner it points to. */
  readonly corner: readonly [1 | -1, 1 | -1];
}

/** A rigid part of the torso, then a segment on a hip about z, then one on an ankle across the leg. */
const leg = ({ index, name, upper, lower, corner: [sx, sy] }: LegOptions) => {
  const along = (distance: number): Vec3 => [sx * distance, sy * distance, 0];
  // Across the leg, with positive x component only where the corner's signs differ.
  const across: Vec3 = [sx === sy ? -1 : 1, 1, 0];
  return body(
    name,
    [0, 0, 0],
    [
      capsule(RADIUS, [0, 0, 0], along(0.2), { name: `aux_${index}_geom` }),
      body(`aux_${index}`, along(0.2), [
        hinge(`hip_${index}`, [0, 0, 1], { range: degrees(-30, 30) }),
        capsule(RADIUS, [0, 0, 0], along(0.2), { name: upper }),
        body(undefined, along(0.2), [
          // Bent downwards: with this axis the sign is that of x.
          hinge(`ankle_${index}`, across, { range: sx === 1 ? degrees(30, 70) : degrees(-70, -30) }),
          capsule(RADIUS, [0, 0, 0], along(0.4), { name: lower }),
        ]),
      ]),
    ],
  );
};

/** A ball with four legs of two joints each. */
export const antModel = (): string =>
  mjcf({
    name: 'ant',
    timestep: 0.01,
    integrator: 'RK4',
    memory: '1M',
    geoms: { friction: [1, 0.5, 0.5], conaffinity: 0, margin: 0.01, density: 5 },
    joints: { armature: 1, damping: 1 },
    world: [
      plane([40, 40, 40], { name: 'floor', conaffinity: 1 }),
      body(
        'torso',
        [0, 0, 0.75],
        [
          free('root', { margin: 0.01 }),
          sphere(0.25, { name: 'torso_geom' }),
          leg({
            index: 1,
            name: 'front_left_leg',
            upper: 'left_leg_geom',
            lower: 'left_ankle_geom',
            corner: [1, 1],
          }),
          leg({
            index: 2,
            name: 'front_right_leg',
            upper: 'right_leg_geom',
            lower: 'right_ankle_geom',
            corner: [-1, 1],
          }),
          leg({
            index: 3,
            name: 'back_leg',
            upper: 'back_leg_geom',
            lower: 'third_ankle_geom',
            corner: [-1, -1],
          }),
          leg({
            index: 4,
            name: 'right_back_leg',
            upper: 'rightback_leg_geom',
            lower: 'fourth_ankle_geom',
            corner: [1, -1],
          }),
        ],
      ),
    ],
    controlLimit: 1,
    // The controls begin with the fourth leg.
    motors: [4, 1, 2, 3].flatMap((index) => [
      { joint: `hip_${index}`, gear: 150 },
      { joint: `ankle_${index}`, gear: 150 },
    ]),
  });
