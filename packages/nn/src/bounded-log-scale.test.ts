import { describe, it } from 'vitest';

import { boundedLogScale } from './bounded-log-scale.ts';
import { compute, expectClose, matrix } from './testing/index.ts';

describe('boundedLogScale', () => {
  it('reaches from low to high with the middle at 0', async () => {
    const { scale } = await compute({ x: matrix([[-50, 0, 50]]) }, ({ x }) => ({
      scale: boundedLogScale(x, -5, -0.3),
    }));
    expectClose(scale, [-5, -2.65, -0.3], 1e-12);
  });
});
