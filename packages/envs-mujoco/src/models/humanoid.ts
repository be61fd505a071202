import { degrees } from '../mjcf/element.ts';
import { humanoidBody } from './humanoid-body.ts';

/** The humanoid, standing. */
export const humanoidModel = (): string =>
  humanoidBody({
    name: 'humanoid',
    start: [0, 0, 1.4],
    head: [0, 0, 0.19],
    upperWaist: [-0.01, 0, -0.12],
    waist: [-0.01, 0, -0.26],
    pelvis: [0, 0, -0.165],
    hipHeight: -0.04,
    down: (distance, inward) => [0, inward, -distance],
    foot: [0, 0, -0.45],
    leftHipFlexion: degrees(-110, 20),
  });
