import { degrees } from '../mjcf/element.ts';
import { humanoidBody } from './humanoid-body.ts';

/** The humanoid, lying on its back along x. */
export const humanoidStandupModel = (): string =>
  humanoidBody({
    name: 'humanoid-standup',
    start: [0, 0, 0.105],
    head: [-0.15, 0, 0],
    upperWaist: [0.11, 0, 0],
    waist: [0.21, 0, 0],
    pelvis: [0.165, 0, 0],
    hipHeight: 0,
    down: (distance, inward) => [distance, inward, 0],
    foot: [0.35, 0, -0.1],
    leftHipFlexion: degrees(-120, 20),
  });
