import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import * as models from '../models/index.ts';
import { loadMujoco } from '../mujoco.ts';
import { Simulation } from '../simulation.ts';
import { largestDifference } from '../testing/golden.ts';
import { forwardKinematics } from './kinematics.ts';
import { describeScene } from './scene.ts';

const mujoco = await loadMujoco();

/** What our models lack: a ball joint, several joints off a body's origin, non-zero references, turned bodies. */
const contraption = `
<mujoco>
  <compiler angle="radian"/>
  <worldbody>
    <body pos="1 2 3" quat="1 2 3 4">
      <joint type="ball" pos="0.1 0.2 0.3"/>
      <geom type="box" size="0.1 0.2 0.3"/>
      <body pos="0.5 0 0" quat="0 1 1 0">
        <joint type="hinge" axis="1 1 0" pos="0 0.3 0" ref="0.7"/>
        <joint type="slide" axis="0 1 2" pos="0.4 0 0" ref="-0.2"/>
        <joint type="hinge" axis="0 0 1" pos="0.2 0 0.1"/>
        <geom type="ellipsoid" size="0.1 0.2 0.3"/>
        <body quat="0.5 0.1 0.2 0.3"><geom size="0.1"/></body>
      </body>
    </body>
    <body pos="0 0 5"><freejoint/><geom size="0.1"/></body>
  </worldbody>
</mujoco>`;

const xmls: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(models).map(([name, model]) => [name, model()])),
  contraption,
};

describe.each(Object.entries(xmls))('forward kinematics of %s', (id, xml) => {
  it('agree with MuJoCo in random configurations', () => {
    const simulation = new Simulation(mujoco, { id, xml });
    const scene = describeScene(simulation);
    const generator = createGenerator(7);
    for (let i = 0; i < 20; i += 1) {
      const qpos = simulation.initialPosition.map((value) => value + generator.normal());
      simulation.place(qpos, new Float64Array(simulation.model.nv));
      const poses = forwardKinematics(scene, qpos);
      const positions = poses.flatMap(({ position }) => position);
      expect(largestDifference(positions, simulation.view('xpos'))).toBeLessThan(1e-12);
      const quaternions = poses.flatMap(({ quaternion }) => quaternion);
      expect(largestDifference(quaternions, simulation.view('xquat'))).toBeLessThan(1e-12);
    }
    // As they are recorded, in float32.
    const rounded = Float32Array.from(simulation.qpos);
    const positions = forwardKinematics(scene, rounded).flatMap(({ position }) => position);
    expect(largestDifference(positions, simulation.view('xpos'))).toBeLessThan(1e-5);
    simulation.close();
  });
});
