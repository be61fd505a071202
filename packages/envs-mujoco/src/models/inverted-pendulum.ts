import { degrees } from '../mjcf/element.ts';
import { body, capsule, hinge, slide } from '../mjcf/parts.ts';
import { mjcf } from '../mjcf/model.ts';

/** A cart on a rail with a pole that leans forward by 1 mm. */
export const invertedPendulumModel = (): string =>
  mjcf({
    name: 'inverted-pendulum',
    timestep: 0.02,
    integrator: 'RK4',
    memory: '256K',
    geoms: { friction: [1, 0.1, 0.1], contype: 0 },
    joints: { damping: 1 },
    world: [
      capsule(0.02, [1, 0, 0], [-1, 0, 0], { name: 'rail' }),
      body(
        'cart',
        [0, 0, 0],
        [
          slide('slider', [1, 0, 0], { range: [-1, 1] }),
          capsule(0.1, [0.1, 0, 0], [-0.1, 0, 0], { name: 'cart' }),
          body(
            'pole',
            [0, 0, 0],
            [
              hinge('hinge', [0, 1, 0], { range: degrees(-90, 90) }),
              capsule(0.049, [0, 0, 0], [0.001, 0, 0.6], { name: 'cpole' }),
            ],
          ),
        ],
      ),
    ],
    controlLimit: 3,
    motors: [{ joint: 'slider', gear: 100 }],
  });
