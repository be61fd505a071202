import { body, capsule, cylinder, hinge, plane, slide, sphere } from '../mjcf/parts.ts';
import { mjcf } from '../mjcf/model.ts';
import type { Vec3 } from '../mjcf/element.ts';

const x: Vec3 = [1, 0, 0];
const y: Vec3 = [0, 1, 0];
const z: Vec3 = [0, 0, 1];
const origin: Vec3 = [0, 0, 0];
const solid = { contype: 1, conaffinity: 1 };
const weak = { damping: 0.1 };
const onTable = { range: [-10.3213, 10.3], damping: 0.5 } as const;

const hand = body('r_wrist_roll_link', origin, [
  hinge('r_wrist_roll_joint', x, { range: [-1.5, 1.5], ...weak }),
  body('tips_arm', origin, [
    sphere(0.01, { name: 'tip_arml', at: [0.1, -0.1, 0] }),
    sphere(0.01, { name: 'tip_armr', at: [0.1, 0.1, 0] }),
  ]),
  capsule(0.02, [0, -0.1, 0], [0, 0.1, 0], solid),
  capsule(0.02, [0, -0.1, 0], [0.1, -0.1, 0], solid),
  capsule(0.02, [0, 0.1, 0], [0.1, 0.1, 0], solid),
]);

const forearm = body(
  'r_elbow_flex_link',
  [0.4, 0, 0],
  [
    hinge('r_elbow_flex_joint', y, { range: [-2.3213, 0], ...weak }),
    capsule(0.06, [0, -0.02, 0], [0, 0.02, 0], { name: 'ef' }),
    body('r_forearm_roll_link', origin, [
      hinge('r_forearm_roll_joint', x, { range: [-1.5, 1.5], ...weak }),
      capsule(0.02, [-0.1, 0, 0], [0.1, 0, 0], { name: 'fr' }),
      body('r_forearm_link', origin, [
        capsule(0.05, origin, [0.291, 0, 0], { name: 'fa' }),
        body(
          'r_wrist_flex_link',
          [0.321, 0, 0],
          [
            hinge('r_wrist_flex_joint', y, { range: [-1.094, 0], ...weak }),
            capsule(0.01, [0, -0.02, 0], [0, 0.02, 0], { name: 'wf' }),
            hand,
          ],
        ),
      ]),
    ]),
  ],
);

/** The right arm of a service robot over a table, a puck to push and the disc to push it to; no gravity. */
export const pusherModel = (): string =>
  mjcf({
    name: 'pusher',
    timestep: 0.01,
    iterations: 20,
    gravity: [0, 0, 0],
    memory: '512K',
    geoms: {
      friction: [0.8, 0.1, 0.1],
      density: 300,
      margin: 0.002,
      condim: 1,
      contype: 0,
      conaffinity: 0,
    },
    joints: { armature: 0.04 },
    world: [
      plane([1, 1, 0.1], { name: 'table', at: [0, 0.5, -0.325], ...solid }),
      body(
        'r_shoulder_pan_link',
        [0, -0.6, 0],
        [
          hinge('r_shoulder_pan_joint', z, { range: [-2.2854, 1.714602], damping: 1 }),
          sphere(0.05, { name: 'e1', at: [-0.06, 0.05, 0.2] }),
          sphere(0.05, { name: 'e2', at: [0.06, 0.05, 0.2] }),
          sphere(0.03, { name: 'e1p', at: [-0.06, 0.09, 0.2] }),
          sphere(0.03, { name: 'e2p', at: [0.06, 0.09, 0.2] }),
          capsule(0.1, [0, 0, -0.4], [0, 0, 0.2], { name: 'sp' }),
          body(
            'r_shoulder_lift_link',
            [0.1, 0, 0],
            [
              hinge('r_shoulder_lift_joint', y, { range: [-0.5236, 1.3963], damping: 1 }),
              capsule(0.1, [0, -0.1, 0], [0, 0.1, 0], { name: 'sl' }),
              body('r_upper_arm_roll_link', origin, [
                hinge('r_upper_arm_roll_joint', x, { range: [-1.5, 1.7], ...weak }),
                capsule(0.02, [-0.1, 0, 0], [0.1, 0, 0], { name: 'uar' }),
                body('r_upper_arm_link', origin, [
                  capsule(0.06, origin, [0.4, 0, 0], { name: 'ua' }),
                  forearm,
                ]),
              ]),
            ],
          ),
        ],
      ),
      body(
        'object',
        [0.45, -0.05, -0.275],
        [
          slide('obj_slidey', y, onTable),
          slide('obj_slidex', x, onTable),
          cylinder(0.05, 0.05, { unused: 0.05, density: 0.01, contype: 1 }),
        ],
      ),
      body(
        'goal',
        [0.45, -0.05, -0.323],
        [
          slide('goal_slidey', y, onTable),
          slide('goal_slidex', x, onTable),
          cylinder(0.08, 0.001, { unused: 0.1, density: 0.00001 }),
        ],
      ),
    ],
    controlLimit: 2,
    motors: [
      'r_shoulder_pan_joint',
      'r_shoulder_lift_joint',
      'r_upper_arm_roll_joint',
      'r_elbow_flex_joint',
      'r_forearm_roll_joint',
      'r_wrist_flex_joint',
      'r_wrist_roll_joint',
    ].map((joint) => ({ joint, gear: 1 })),
  });
