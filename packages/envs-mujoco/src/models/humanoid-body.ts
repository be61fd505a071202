import { degrees, type Vec3 } from '../mjcf/element.ts';
import { body, capsule, free, hinge, plane, sphere } from '../mjcf/parts.ts';
import { mjcf } from '../mjcf/model.ts';

/** What differs between the standing and the lying humanoid. */
export interface Posture {
  readonly name: string;
  /** Where the torso starts. */
  readonly start: Vec3;
  /** Where the head is, seen from the torso. */
  readonly head: Vec3;
  /** Middle of the upper waist, seen from the torso. */
  readonly upperWaist: Vec3;
  /** Joint of the waist, seen from the torso. */
  readonly waist: Vec3;
  /** Joint of the pelvis, seen from the waist. */
  readonly pelvis: Vec3;
  /** Height of the hips above the middle of the pelvis. */
  readonly hipHeight: number;
  /** Puts a distance down the leg, of which `inward` points to the other leg, into coordinates. */
  readonly down: (distance: number, inward: number) => Vec3;
  /** The foot's frame, seen from the knee, and the middle of the foot in that frame. */
  readonly foot: Vec3;
  readonly leftHipFlexion: readonly [number, number];
}

// Waist and pelvis lean back by 0.004 each.
const lean = { quat: [1, 0, -0.002, 0] } as const;
const stiff = (stiffness: number, armature: number) => ({ stiffness, armature, damping: 5 });

/** −1 for the right side, which is at negative y, 1 for the left one. */
type Side = -1 | 1;
const named = (side: Side, part: string) => `${side < 0 ? 'right' : 'left'}_${part}`;

const leg = (side: Side, { down, foot, hipHeight, leftHipFlexion }: Posture) =>
  body(
    named(side, 'thigh'),
    [0, 0.1 * side, hipHeight],
    [
      hinge(named(side, 'hip_x'), [-side, 0, 0], { range: degrees(-25, 5), ...stiff(10, 0.01) }),
      hinge(named(side, 'hip_z'), [0, 0, -side], { range: degrees(-60, 35), ...stiff(10, 0.01) }),
      hinge(named(side, 'hip_y'), [0, 1, 0], {
        range: side < 0 ? degrees(-110, 20) : leftHipFlexion,
        ...stiff(20, side < 0 ? 0.008 : 0.01),
      }),
      capsule(0.06, [0, 0, 0], down(0.34, -0.01 * side), { name: named(side, 'thigh1') }),
      body(named(side, 'shin'), down(0.403, -0.01 * side), [
        hinge(named(side, 'knee'), [0, -1, 0], {
          pos: [0, 0, 0.02],
          range: degrees(-160, -2),
          armature: 0.006,
          // Only the left knee has a spring.
          stiffness: side < 0 ? 0 : 1,
        }),
        capsule(0.049, [0, 0, 0], down(0.3, 0), { name: named(side, 'shin1') }),
        body(named(side, 'foot'), foot, [sphere(0.075, { name: named(side, 'foot'), at: [0, 0, 0.1] })]),
      ]),
    ],
  );

const arm = (side: Side) => {
  const shoulder = side < 0 ? degrees(-85, 60) : degrees(-60, 85);
  const upper = { range: shoulder, stiffness: 1 };
  return body(
    named(side, 'upper_arm'),
    [0, 0.17 * side, 0.06],
    [
      hinge(named(side, 'shoulder1'), [2, -side, 1], { ...upper, armature: 0.0068 }),
      hinge(named(side, 'shoulder2'), [0, side, 1], { ...upper, armature: 0.0051 }),
      capsule(0.04, [0, 0, 0], [0.16, 0.16 * side, -0.16], { name: named(side, 'uarm1') }),
      body(
        named(side, 'lower_arm'),
        [0.18, 0.18 * side, -0.18],
        [
          hinge(named(side, 'elbow'), [0, -1, -side], {
            range: degrees(-90, 50),
            stiffness: 0,
            armature: 0.0028,
          }),
          capsule(0.031, [0.01, -0.01 * side, 0.01], [0.17, -0.17 * side, 0.17], {
            name: named(side, 'larm'),
          }),
          sphere(0.04, { name: named(side, 'hand'), at: [0.18, -0.18 * side, 0.18] }),
        ],
      ),
    ],
  );
};

const across = (radius: number, name: string, half: number, [x, , z]: Vec3 = [0, 0, 0]) =>
  capsule(radius, [x, -half, z], [x, half, z], { name });

const legMotors = (side: Side) => [
  { joint: named(side, 'hip_x'), gear: 100 },
  { joint: named(side, 'hip_z'), gear: 100 },
  { joint: named(side, 'hip_y'), gear: 300 },
  { joint: named(side, 'knee'), gear: 200 },
];

const armMotors = (side: Side) =>
  ['shoulder1', 'shoulder2', 'elbow'].map((part) => ({ joint: named(side, part), gear: 25 }));

const hamstring = (side: Side) => ({
  name: named(side, 'hipknee'),
  joints: { [named(side, 'hip_y')]: -1, [named(side, 'knee')]: 1 },
});

/** Thirteen bodies and 17 motors: the humanoid in a posture. */
export function humanoidBody(posture: Posture): string {
  return mjcf({
    name: posture.name,
    timestep: 0.003,
    integrator: 'RK4',
    solver: 'PGS',
    iterations: 50,
    memory: '3M',
    geoms: { condim: 1, margin: 0.001 },
    joints: { armature: 1, damping: 1 },
    world: [
      plane([20, 20, 0.125], { name: 'floor', condim: 3, friction: [1, 0.1, 0.1] }),
      body('torso', posture.start, [
        free('root'),
        across(0.07, 'torso1', 0.07),
        sphere(0.09, { name: 'head', at: posture.head }),
        across(0.06, 'uwaist', 0.06, posture.upperWaist),
        body(
          'lwaist',
          posture.waist,
          [
            across(0.06, 'lwaist', 0.06),
            hinge('abdomen_z', [0, 0, 1], {
              pos: [0, 0, 0.065],
              range: degrees(-45, 45),
              ...stiff(20, 0.02),
            }),
            hinge('abdomen_y', [0, 1, 0], {
              pos: [0, 0, 0.065],
              range: degrees(-75, 30),
              ...stiff(10, 0.02),
            }),
            body(
              'pelvis',
              posture.pelvis,
              [
                hinge('abdomen_x', [1, 0, 0], {
                  pos: [0, 0, 0.1],
                  range: degrees(-35, 35),
                  ...stiff(10, 0.02),
                }),
                across(0.09, 'butt', 0.07, [-0.02, 0, 0]),
                leg(-1, posture),
                leg(1, posture),
              ],
              lean,
            ),
          ],
          lean,
        ),
        arm(-1),
        arm(1),
      ]),
    ],
    tendons: [hamstring(1), hamstring(-1)],
    controlLimit: 0.4,
    motors: [
      { joint: 'abdomen_y', gear: 100 },
      { joint: 'abdomen_z', gear: 100 },
      { joint: 'abdomen_x', gear: 100 },
      ...legMotors(-1),
      ...legMotors(1),
      ...armMotors(-1),
      ...armMotors(1),
    ],
  });
}
