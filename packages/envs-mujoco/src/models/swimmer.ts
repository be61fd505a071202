import { degrees } from '../mjcf/element.ts';
import { body, capsule, hinge, plane, slide } from '../mjcf/parts.ts';
import { mjcf } from '../mjcf/model.ts';

/** Three rods in a row, swimming flat in a thick medium; nothing touches. */
export const swimmerModel = (): string =>
  mjcf({
    name: 'swimmer',
    timestep: 0.01,
    integrator: 'RK4',
    density: 4000,
    viscosity: 0.1,
    memory: '256K',
    geoms: { contype: 0, conaffinity: 0, condim: 1 },
    joints: { armature: 0.1 },
    world: [
      plane([40, 40, 0.1], { name: 'floor', at: [0, 0, -0.1], condim: 3 }),
      body(
        'torso',
        [0, 0, 0],
        [
          slide('slider1', [1, 0, 0]),
          slide('slider2', [0, 1, 0]),
          hinge('free_body_rot', [0, 0, 1]),
          capsule(0.1, [1.5, 0, 0], [0.5, 0, 0]),
          body(
            'mid',
            [0.5, 0, 0],
            [
              hinge('motor1_rot', [0, 0, 1], { range: degrees(-100, 100) }),
              capsule(0.1, [0, 0, 0], [-1, 0, 0]),
              body(
                'back',
                [-1, 0, 0],
                [
                  hinge('motor2_rot', [0, 0, 1], { range: degrees(-100, 100) }),
                  capsule(0.1, [0, 0, 0], [-1, 0, 0]),
                ],
              ),
            ],
          ),
        ],
      ),
    ],
    controlLimit: 1,
    motors: [
      { joint: 'motor1_rot', gear: 150 },
      { joint: 'motor2_rot', gear: 150 },
    ],
  });
