import { body, capsule, hinge, plane, slide, tiltedCapsule } from '../mjcf/parts.ts';
import { mjcf } from '../mjcf/model.ts';
import type { Vec3 } from '../mjcf/element.ts';

const RADIUS = 0.046;
const y: Vec3 = [0, 1, 0];
// The root moves in the xz plane without any resistance.
const loose = { damping: 0, armature: 0, stiffness: 0 };

/** A planar cat cut lengthwise: a torso with one hind and one fore leg of three joints each, 14 kg. */
export const halfCheetahModel = (): string =>
  mjcf({
    name: 'half-cheetah',
    timestep: 0.01,
    totalMass: 14,
    memory: '512K',
    geoms: { friction: [0.4, 0.1, 0.1], conaffinity: 0, solimp: [0, 0.8, 0.01] },
    joints: { armature: 0.1, solimplimit: [0, 0.8, 0.03] },
    world: [
      plane([40, 40, 40], { name: 'floor', conaffinity: 1 }),
      body(
        'torso',
        [0, 0, 0.7],
        [
          slide('rootx', [1, 0, 0], loose),
          slide('rootz', [0, 0, 1], loose),
          hinge('rooty', y, loose),
          capsule(RADIUS, [-0.5, 0, 0], [0.5, 0, 0], { name: 'torso' }),
          tiltedCapsule(RADIUS, 0.15, { name: 'head', at: [0.6, 0, 0.1], angle: 0.87 }),
          body(
            'bthigh',
            [-0.5, 0, 0],
            [
              hinge('bthigh', y, { range: [-0.52, 1.05], stiffness: 240, damping: 6 }),
              tiltedCapsule(RADIUS, 0.145, { name: 'bthigh', at: [0.1, 0, -0.13], angle: -3.8 }),
              body(
                'bshin',
                [0.16, 0, -0.25],
                [
                  hinge('bshin', y, { range: [-0.785, 0.785], stiffness: 180, damping: 4.5 }),
                  tiltedCapsule(RADIUS, 0.15, { name: 'bshin', at: [-0.14, 0, -0.07], angle: -2.03 }),
                  body(
                    'bfoot',
                    [-0.28, 0, -0.14],
                    [
                      hinge('bfoot', y, { range: [-0.4, 0.785], stiffness: 120, damping: 3 }),
                      tiltedCapsule(RADIUS, 0.094, { name: 'bfoot', at: [0.03, 0, -0.097], angle: -0.27 }),
                    ],
                  ),
                ],
              ),
            ],
          ),
          body(
            'fthigh',
            [0.5, 0, 0],
            [
              hinge('fthigh', y, { range: [-1, 0.7], stiffness: 180, damping: 4.5 }),
              tiltedCapsule(RADIUS, 0.133, { name: 'fthigh', at: [-0.07, 0, -0.12], angle: 0.52 }),
              body(
                'fshin',
                [-0.14, 0, -0.24],
                [
                  hinge('fshin', y, { range: [-1.2, 0.87], stiffness: 120, damping: 3 }),
                  tiltedCapsule(RADIUS, 0.106, { name: 'fshin', at: [0.065, 0, -0.09], angle: -0.6 }),
                  body(
                    'ffoot',
                    [0.13, 0, -0.18],
                    [
                      hinge('ffoot', y, { range: [-0.5, 0.5], stiffness: 60, damping: 1.5 }),
                      tiltedCapsule(RADIUS, 0.07, { name: 'ffoot', at: [0.045, 0, -0.07], angle: -0.6 }),
                    ],
                  ),
                ],
              ),
            ],
          ),
        ],
      ),
    ],
    controlLimit: 1,
    motors: [
      { joint: 'bthigh', gear: 120 },
      { joint: 'bshin', gear: 90 },
      { joint: 'bfoot', gear: 60 },
      { joint: 'fthigh', gear: 120 },
      { joint: 'fshin', gear: 60 },
      { joint: 'ffoot', gear: 30 },
    ],
  });
