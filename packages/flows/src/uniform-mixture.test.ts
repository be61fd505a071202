import { concat, grad, sub, sum } from '@meow-rl/graph';
import { compute, expectClose, matrix, randomRows } from '@meow-rl/nn/testing';
import { describe, expect, it } from 'vitest';

import { uniformMixture } from './index.ts';
import { logIntegral, squareQuadrature } from './testing/quadrature.ts';
import { randomFlow } from './testing/random-flow.ts';

const SHARE = 0.02;
const states = randomRows(1, 3, 2, 1.5);

describe.each([
  { size: 1, perAxis: 121 },
  { size: 2, perAxis: 71 },
])('uniformMixture over $size action entries', ({ size, perAxis }) => {
  const { flow } = randomFlow(size, 2, 7);
  const mixture = uniformMixture(flow, SHARE);
  const floor = Math.log(SHARE) - size * Math.LN2;

  it('has the mixed density, whose integral has the normalizer of the flow (Proposition 1)', async () => {
    const quadrature = squareQuadrature(size, perAxis);
    for (const one of states) {
      const { mixed, ofFlow, energy, normalizer } = await compute(
        { action: matrix(quadrature.points), state: matrix([one]) },
        ({ action, state }) => ({
          mixed: mixture.logProb(action, state),
          ofFlow: flow.logProb(action, state),
          energy: mixture.energy(action, state),
          normalizer: mixture.logNormalizer(state),
        }),
      );
      const expected = ofFlow.map((log) => Math.log((1 - SHARE) * Math.exp(log) + SHARE * 2 ** -size));
      expectClose(mixed, expected, 1e-9);
      expect(Math.min(...mixed)).toBeGreaterThanOrEqual(floor);
      expect(Math.abs(logIntegral(quadrature, energy) - (normalizer[0] ?? Number.NaN))).toBeLessThan(1e-4);
    }
  });

  it('gives samples, latents and the mode of the flow, and the mixed density of its samples', async () => {
    const noise = randomRows(3, 3, size, 1.5);
    const values = await compute(
      { noise: matrix(noise), state: matrix(states) },
      ({ noise: drawn, state }) => {
        const [sampled, ofFlow] = [mixture.sample(drawn, state), flow.sample(drawn, state)];
        return {
          action: sampled.action,
          flowAction: ofFlow.action,
          latent: sampled.latent,
          flowLatent: ofFlow.latent,
          logProb: sampled.logProb,
          ofAction: mixture.logProb(sampled.action, state),
          energyOfLatent: mixture.energyOfLatent(sampled.latent, state),
          energy: mixture.energy(sampled.action, state),
          mode: mixture.mode?.(state) ?? state,
          flowMode: flow.mode?.(state) ?? drawn,
        };
      },
    );
    expect(values.action).toEqual(values.flowAction);
    expect(values.latent).toEqual(values.flowLatent);
    expect(values.mode).toEqual(values.flowMode);
    expectClose(values.logProb, values.ofAction, 1e-9);
    expectClose(values.energyOfLatent, values.energy, 1e-9);
  });

  it('has the gradient of the flow, times the share of its density in the mixed one', async () => {
    const latents = randomRows(5, 3, size, 1.5);
    const { slopes, ofFlow, mixed, flowLogProb } = await compute(
      { latent: matrix(latents), state: matrix(states) },
      ({ latent, state }) => ({
        slopes: concat(grad(sum(mixture.energyOfLatent(latent, state)), [latent]), 1),
        ofFlow: concat(grad(sum(flow.energyOfLatent(latent, state)), [latent]), 1),
        mixed: sub(mixture.energyOfLatent(latent, state), mixture.logNormalizer(state)),
        flowLogProb: sub(flow.energyOfLatent(latent, state), flow.logNormalizer(state)),
      }),
    );
    const shares = mixed.map((log, i) => (1 - SHARE) * Math.exp((flowLogProb[i] ?? Number.NaN) - log));
    expect(Math.min(...shares)).toBeLessThan(0.98);
    expectClose(
      slopes,
      ofFlow.map((slope, i) => slope * (shares[Math.floor(i / size)] ?? Number.NaN)),
      1e-9,
    );
  });

  it('has no gradient where the density of the flow lies far below', async () => {
    const slopesAt = [0.1, 3, 5, 7, 9, 11, 13, 15, 40].map((latent) =>
      compute(
        { latent: matrix([Array.from({ length: size }, () => latent)]), state: matrix(states.slice(0, 1)) },
        ({ latent: at, state }) => ({
          slopes: concat(grad(sum(mixture.energyOfLatent(at, state)), [at]), 1),
          ofFlow: concat(grad(sum(flow.energyOfLatent(at, state)), [at]), 1),
        }),
      ),
    );
    const points = await Promise.all(slopesAt);
    const largest = points.map(({ slopes }) => Math.max(...slopes.map(Math.abs)));
    expect(largest[0]).toBeGreaterThan(0.01);
    // 0, and on the way there nothing so small that float32 products of it would be subnormal.
    expect(largest.at(-1)).toBe(0);
    expect(largest.every((slope) => slope === 0 || slope > 1e-17)).toBe(true);
    expect(Math.max(...(points.at(-1)?.ofFlow ?? []).map(Math.abs))).toBeGreaterThan(10);
  });
});

it.each([0, 1, -0.1, Number.NaN])('refuses the share %s', (share) => {
  const { flow } = randomFlow(1, 2, 7);
  expect(() => uniformMixture(flow, share)).toThrow(
    `uniformMixture: the share is ${share}, expected a number above 0 and below 1. Use the flow alone for none.`,
  );
});
