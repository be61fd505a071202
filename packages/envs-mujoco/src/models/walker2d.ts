import { degrees, type Vec3 } from '../mjcf/element.ts';
import { body, capsule, hinge, plane, slide } from '../mjcf/parts.ts';
import { mjcf } from '../mjcf/model.ts';

const HEIGHT = 1.25;
const back: Vec3 = [0, -1, 0];
const loose = { damping: 0, armature: 0 };

/** Thigh, leg and foot; the names of the left one end differently. */
const leg = (side: '' | '_left', footFriction: number) =>
  body(
    `thigh${side}`,
    [0, 0, -0.2],
    [
      hinge(`thigh${side}_joint`, back, { range: degrees(-150, 0) }),
      capsule(0.05, [0, 0, 0], [0, 0, -0.45], { name: `thigh${side}_geom` }),
      body(
        `leg${side}`,
        [0, 0, -0.7],
        [
          hinge(`leg${side}_joint`, back, { pos: [0, 0, 0.25], range: degrees(-150, 0) }),
          capsule(0.04, [0, 0, 0.25], [0, 0, -0.25], { name: `leg${side}_geom` }),
          body(
            `foot${side}`,
            [0.2, 0, -0.35],
            [
              hinge(`foot${side}_joint`, back, { pos: [-0.2, 0, 0.1], range: degrees(-45, 45) }),
              capsule(0.06, [-0.2, 0, 0.1], [0, 0, 0.1], {
                name: `foot${side}_geom`,
                friction: [footFriction, 0.1, 0.1],
              }),
            ],
          ),
        ],
      ),
    ],
  );

/** What differs between the versions of {@link walker2dModel}. */
export interface Walker2dModelOptions {
  /** Sliding friction of the right foot. Default: 1.9, like the left one; it was 0.9 before v5. */
  readonly rightFootFriction?: number;
}

/** A planar two-legged robot: torso, and thigh, leg and foot twice. */
export const walker2dModel = ({ rightFootFriction = 1.9 }: Walker2dModelOptions = {}): string =>
  mjcf({
    name: 'walker2d',
    timestep: 0.002,
    integrator: 'RK4',
    memory: '512K',
    geoms: { friction: [0.9, 0.1, 0.1], conaffinity: 0 },
    joints: { armature: 0.01, damping: 0.1 },
    world: [
      plane([40, 40, 40], { name: 'floor', conaffinity: 1, friction: [0.7, 0.1, 0.1] }),
      body(
        'torso',
        [0, 0, HEIGHT],
        [
          slide('rootx', [1, 0, 0], { ...loose, pos: [0, 0, -HEIGHT] }),
          slide('rootz', [0, 0, 1], { ...loose, pos: [0, 0, -HEIGHT], ref: HEIGHT }),
          hinge('rooty', [0, 1, 0], loose),
          capsule(0.05, [0, 0, 0.2], [0, 0, -0.2], { name: 'torso_geom' }),
          leg('', rightFootFriction),
          leg('_left', 1.9),
        ],
      ),
    ],
    controlLimit: 1,
    motors: ['thigh', 'leg', 'foot', 'thigh_left', 'leg_left', 'foot_left'].map((part) => ({
      joint: `${part}_joint`,
      gear: 100,
    })),
  });
