import { describe, it } from 'vitest';

import { boundedLogScale, inverseBoundedLogScale } from './bounded-log-scale.ts';
import { compute, expectClose, matrix } from './testing/index.ts';

describe('boundedLogScale', () => {
  it('reaches from low to high with the middle at 0', async () => {
    const { scale } = await compute({ x: matrix([[-50, 0, 50]]) }, ({ x }) => ({
      scale: boundedLogScale(x, -5, -0.3),
    }));
    expectClose(scale, [-5, -2.65, -0.3], 1e-12);
  });
});

describe('inverseBoundedLogScale', () => {
  it('is the inverse, and stays off the ends, where tanh has no slope', async () => {
    const x = [-4, -1, -0.5].map((logScale) => inverseBoundedLogScale(logScale, -5, -0.3));
    const beyond = [-20, 3].map((logScale) => inverseBoundedLogScale(logScale, -5, -0.3));
    const { scale } = await compute({ x: matrix([[...x, ...beyond]]) }, (inputs) => ({
      scale: boundedLogScale(inputs.x, -5, -0.3),
    }));
    expectClose(scale, [-4, -1, -0.535, -5 + 0.05 * 4.7, -0.3 - 0.05 * 4.7], 1e-12);
  });
});
