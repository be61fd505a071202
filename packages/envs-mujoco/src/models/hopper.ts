import { degrees, type Vec3 } from '../mjcf/element.ts';
import { body, capsule, hinge, plane, slide } from '../mjcf/parts.ts';
import { mjcf } from '../mjcf/model.ts';

const HEIGHT = 1.25;
const back: Vec3 = [0, -1, 0];
const loose = { damping: 0, armature: 0 };

/** A planar one-legged robot: torso, thigh, leg and foot. */
export const hopperModel = (): string =>
  mjcf({
    name: 'hopper',
    timestep: 0.002,
    integrator: 'RK4',
    memory: '512K',
    geoms: { friction: 0.9, condim: 1, margin: 0.001, solimp: [0.8, 0.8, 0.01] },
    joints: { armature: 1, damping: 1 },
    world: [
      plane([20, 20, 0.125], { name: 'floor', condim: 3, friction: 1 }),
      body(
        'torso',
        [0, 0, HEIGHT],
        [
          slide('rootx', [1, 0, 0], { ...loose, pos: [0, 0, -HEIGHT] }),
          slide('rootz', [0, 0, 1], { ...loose, pos: [0, 0, -HEIGHT], ref: HEIGHT }),
          hinge('rooty', [0, 1, 0], loose),
          capsule(0.05, [0, 0, 0.2], [0, 0, -0.2], { name: 'torso_geom' }),
          body(
            'thigh',
            [0, 0, -0.2],
            [
              hinge('thigh_joint', back, { range: degrees(-150, 0) }),
              capsule(0.05, [0, 0, 0], [0, 0, -0.45], { name: 'thigh_geom' }),
              body(
                'leg',
                [0, 0, -0.7],
                [
                  hinge('leg_joint', back, { pos: [0, 0, 0.25], range: degrees(-150, 0) }),
                  capsule(0.04, [0, 0, 0.25], [0, 0, -0.25], { name: 'leg_geom' }),
                  body(
                    'foot',
                    [0.13, 0, -0.35],
                    [
                      hinge('foot_joint', back, { pos: [-0.13, 0, 0.1], range: degrees(-45, 45) }),
                      capsule(0.06, [-0.26, 0, 0.1], [0.13, 0, 0.1], { name: 'foot_geom', friction: 2 }),
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
      { joint: 'thigh_joint', gear: 200 },
      { joint: 'leg_joint', gear: 200 },
      { joint: 'foot_joint', gear: 200 },
    ],
  });
