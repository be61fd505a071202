import { logIntegral, squareQuadrature } from '@meow-rl/flows/testing';
import { mapValues } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { randomValues } from '@meow-rl/learner/testing';
import { compute, expectClose, matrix, randomRows } from '@meow-rl/nn/testing';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import type { MeowConfig } from './index.ts';
import { smallAlgorithm, smallNetworks } from './testing/small.ts';
import { valueGap } from './value-gap.ts';

const OBSERVATION_SIZE = 2;
const STATES = randomRows(1, 2, OBSERVATION_SIZE, 1.5);
const SAMPLES = 3000;
const RUNTIME = onnxRuntimeNode();

/** Much mass beyond the margin: σ from 4.5 to 7.4, where the margin is at 6.1. */
const WIDE: Partial<MeowConfig> = { logSigmaMin: 1.5, logSigmaMax: 2 };
const PUBLISHED: Partial<MeowConfig> = { coordinates: 'action', couplingBound: 0, uniformShare: 0 };

const networksOf = (actionSize: number, config: Partial<MeowConfig>) => {
  const sizes = { observationSize: OBSERVATION_SIZE, actionSize };
  const values = mapValues(randomValues(smallAlgorithm(sizes, config), 2), ({ shape, data }) => ({
    shape,
    data: Array.from(data, (value) => value / 2),
  }));
  return smallNetworks(sizes, config, values);
};

/** The estimate at each state. */
async function estimated(
  actionSize: number,
  config: Partial<MeowConfig>,
  samples = SAMPLES,
): Promise<number[]> {
  const settings = { coordinates: 'latent', uniformShare: 1e-5, ...config } as const;
  const networks = networksOf(actionSize, settings);
  const random = createGenerator(5);
  const [noise, uniform] = [0, 1].map(() => new Float32Array(samples * STATES.length * actionSize));
  random.fillNormal(noise ?? new Float32Array(0));
  random.fillUniform(uniform ?? new Float32Array(0), -1, 1);
  const shape = [samples * STATES.length, actionSize];
  const { gap } = await compute(
    {
      state: matrix(STATES),
      noise: { shape, data: Array.from(noise ?? []) },
      uniform: { shape, data: Array.from(uniform ?? []) },
    },
    (given) => ({ gap: valueGap(networks, given, settings) }),
    RUNTIME,
  );
  return gap;
}

/** `logNormalizer − log ∫ exp(energy) da` of the policy's own Q at each state, by quadrature. */
async function byQuadrature(actionSize: number, config: Partial<MeowConfig>): Promise<number[]> {
  const { flow } = networksOf(actionSize, config);
  const quadrature = squareQuadrature(actionSize, actionSize === 1 ? 2001 : 121, 20);
  const gaps: number[] = [];
  for (const state of STATES) {
    const { energy, normalizer } = await compute(
      {
        action: matrix(quadrature.points),
        state: matrix(quadrature.points.map(() => state)),
        one: matrix([state]),
      },
      ({ action, state: everywhere, one }) => ({
        energy: flow().energy(action, everywhere),
        normalizer: flow().logNormalizer(one),
      }),
      RUNTIME,
    );
    gaps.push((normalizer[0] ?? Number.NaN) - logIntegral(quadrature, energy));
  }
  return gaps;
}

describe.each([1, 2])('the value gap of a policy of %d actions that reaches beyond the margin', (size) => {
  it('is that of quadrature in the form action', async () => {
    const config = { ...WIDE, ...PUBLISHED };
    const expected = await byQuadrature(size, config);
    for (const gap of expected) expect(gap).toBeGreaterThan(0.1 * size);
    expectClose(await estimated(size, config), expected, 0.03);
  });

  it('is that of quadrature with a uniform share, which is in V and in the integral alike', async () => {
    const config = { ...WIDE, ...PUBLISHED, uniformShare: 0.3 };
    const expected = await byQuadrature(size, config);
    const [alone = 0] = await byQuadrature(size, { ...config, uniformShare: 0 });
    expect(expected[0]).toBeGreaterThan(0.05);
    expect(expected[0]).toBeLessThan(0.8 * alone);
    expectClose(await estimated(size, config), expected, 0.03);
  });

  it('is 0 in the form latent, which trains what lies there', async () => {
    for (const gap of await estimated(size, WIDE)) expect(Math.abs(gap)).toBeLessThan(0.02);
  });
});

const KINDS = (['additive', 'affine', 'spline'] as const).flatMap((layers) =>
  (['none', 'lu'] as const).map((linear) => ({ layers, linear })),
);

describe.each(KINDS)('the value gap with layers $layers and linear layers $linear', (kind) => {
  it.each([
    ['latent', {}],
    ['action', PUBLISHED],
  ])(
    'is about 0 inside the margin, with as few samples as an update has, in the form %s',
    async (_, form) => {
      for (const gap of await estimated(3, { ...kind, ...form }, 32)) expect(Math.abs(gap)).toBeLessThan(0.1);
    },
  );

  it('is large and finite where no mass is left inside', async () => {
    const config = { ...kind, ...PUBLISHED, logSigmaMin: 8, logSigmaMax: 9 };
    for (const gap of await estimated(2, config, 32)) {
      expect(gap).toBeGreaterThan(5);
      expect(Number.isFinite(gap)).toBe(true);
    }
    // A policy has no less than its uniform share.
    for (const gap of await estimated(2, { ...config, uniformShare: 1e-5 }, 32))
      expect(gap).toBeLessThanOrEqual(-Math.log(1e-5) + 1e-4);
  });
});
