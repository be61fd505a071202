import type { Vec3 } from '../mjcf/element.ts';
import { body, capsule, hinge, plane, slide, sphere } from '../mjcf/parts.ts';
import { element } from '../mjcf/element.ts';
import { mjcf } from '../mjcf/model.ts';

const untouched = { contype: 0, conaffinity: 0 };
const WALL = 0.3;
const LEVEL = 0.01;
const wall = (name: string, from: readonly [number, number], to: readonly [number, number]) =>
  capsule(0.02, [from[0], from[1], LEVEL], [to[0], to[1], LEVEL], { name, ...untouched });
// The target is moved by resetting it, never by forces.
const target = (name: string, axis: Vec3, ref: number) =>
  slide(name, axis, { range: [-0.27, 0.27], ref, armature: 0, damping: 0 });

/** An arm of two links on a table, and a target that stays where it is put. */
export const reacherModel = (): string =>
  mjcf({
    name: 'reacher',
    timestep: 0.01,
    integrator: 'RK4',
    memory: '256K',
    geoms: { friction: [1, 0.1, 0.1], contype: 0 },
    joints: { armature: 1, damping: 1 },
    world: [
      plane([1, 1, 10], { name: 'ground', ...untouched }),
      wall('sideS', [-WALL, -WALL], [WALL, -WALL]),
      wall('sideE', [WALL, -WALL], [WALL, WALL]),
      wall('sideN', [-WALL, WALL], [WALL, WALL]),
      wall('sideW', [-WALL, -WALL], [-WALL, WALL]),
      element('geom', {
        name: 'root',
        type: 'cylinder',
        size: 0.011,
        fromto: [0, 0, 0, 0, 0, 0.02],
        ...untouched,
      }),
      body(
        'body0',
        [0, 0, LEVEL],
        [
          hinge('joint0', [0, 0, 1]),
          capsule(0.01, [0, 0, 0], [0.1, 0, 0], { name: 'link0' }),
          body(
            'body1',
            [0.1, 0, 0],
            [
              hinge('joint1', [0, 0, 1], { range: [-3, 3] }),
              capsule(0.01, [0, 0, 0], [0.1, 0, 0], { name: 'link1' }),
              body('fingertip', [0.11, 0, 0], [sphere(0.01, { name: 'fingertip' })]),
            ],
          ),
        ],
      ),
      body(
        'target',
        [0.1, -0.1, LEVEL],
        [
          target('target_x', [1, 0, 0], 0.1),
          target('target_y', [0, 1, 0], -0.1),
          sphere(0.009, { name: 'target', ...untouched }),
        ],
      ),
    ],
    controlLimit: 1,
    motors: [
      { joint: 'joint0', gear: 200 },
      { joint: 'joint1', gear: 200 },
    ],
  });
