import type { Vec3 } from '../mjcf/element.ts';
import {
  aboutAxis,
  add,
  identity,
  multiply,
  normalize,
  rotate,
  scale,
  subtract,
  type Quaternion,
} from './quaternion.ts';
import type { Scene, SceneBody, SceneJoint } from './scene.ts';

/** Where a body is, in the world's frame. */
export interface Pose {
  readonly position: Vec3;
  readonly quaternion: Quaternion;
}

const world: Pose = { position: [0, 0, 0], quaternion: identity };

/**
 * Poses of all bodies for positions `qpos`: MuJoCo's `xpos` and `xquat`.
 *
 * A body starts where its parent puts it. Each joint then moves it: a slide along its axis, a hinge or ball about the
 * point where it is attached. A free joint gives the pose outright.
 *
 * @param qpos [nq]
 */
export function forwardKinematics({ bodies }: Scene, qpos: ArrayLike<number>): Pose[] {
  const poses: Pose[] = [];
  for (const [i, body] of bodies.entries()) {
    poses.push(i === 0 ? world : placed(body, poses[body.parent] ?? world, qpos));
  }
  return poses;
}

function placed(body: SceneBody, parent: Pose, qpos: ArrayLike<number>): Pose {
  const start: Pose = {
    position: add(parent.position, rotate(parent.quaternion, body.position)),
    quaternion: multiply(parent.quaternion, body.quaternion),
  };
  const end = body.joints.reduce((pose, joint) => moved(pose, joint, qpos), start);
  return { position: end.position, quaternion: normalize(end.quaternion) };
}

function moved(
  pose: Pose,
  { type, address, position, axis, reference }: SceneJoint,
  qpos: ArrayLike<number>,
) {
  const q = (offset: number) => qpos[address + offset] ?? Number.NaN;
  const four = (offset: number) => normalize([q(offset), q(offset + 1), q(offset + 2), q(offset + 3)]);
  switch (type) {
    case 'free':
      return { position: [q(0), q(1), q(2)] as const, quaternion: four(3) };
    case 'slide':
      return {
        ...pose,
        position: add(pose.position, scale(q(0) - reference, rotate(pose.quaternion, axis))),
      };
    case 'ball':
      return turned(pose, position, four(0));
    case 'hinge':
      return turned(pose, position, aboutAxis(axis, q(0) - reference));
  }
}

/** Turns by `rotation` in the body's frame, keeping the body's point `anchor` in place. */
function turned(pose: Pose, anchor: Vec3, rotation: Quaternion): Pose {
  const quaternion = multiply(pose.quaternion, rotation);
  const held = add(pose.position, rotate(pose.quaternion, anchor));
  return { position: subtract(held, rotate(quaternion, anchor)), quaternion };
}
