import { body, capsule, hinge, plane, site, slide } from '../mjcf/parts.ts';
import { mjcf } from '../mjcf/model.ts';

/** A cart on a rail with two poles on top of each other, and a site `tip` at the upper end. */
export const invertedDoublePendulumModel = (): string =>
  mjcf({
    name: 'inverted-double-pendulum',
    timestep: 0.01,
    integrator: 'RK4',
    // A trace of sideways gravity, so that upright isn't an equilibrium.
    gravity: [1e-5, 0, -9.81],
    memory: '256K',
    geoms: { friction: [1, 0.1, 0.1], contype: 0 },
    joints: { damping: 0.05 },
    world: [
      plane([40, 40, 40], { name: 'floor', at: [0, 0, -3] }),
      capsule(0.02, [1, 0, 0], [-1, 0, 0], { name: 'rail' }),
      body(
        'cart',
        [0, 0, 0],
        [
          slide('slider', [1, 0, 0], { range: [-1, 1], margin: 0.01 }),
          capsule(0.1, [0.1, 0, 0], [-0.1, 0, 0], { name: 'cart' }),
          body(
            'pole',
            [0, 0, 0],
            [
              hinge('hinge', [0, 1, 0]),
              capsule(0.045, [0, 0, 0], [0, 0, 0.6], { name: 'cpole' }),
              body(
                'pole2',
                [0, 0, 0.6],
                [
                  hinge('hinge2', [0, 1, 0]),
                  capsule(0.045, [0, 0, 0], [0, 0, 0.6], { name: 'cpole2' }),
                  site('tip', [0, 0, 0.6]),
                ],
              ),
            ],
          ),
        ],
      ),
    ],
    controlLimit: 1,
    motors: [{ joint: 'slider', gear: 500 }],
  });
