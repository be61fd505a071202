import { mapValues } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { randomBatch, randomValues, stageRunner } from '@meow-rl/learner/testing';
import { randomRows } from '@meow-rl/nn/testing';
import { describe, expect, it } from 'vitest';

import { createMeowAgent } from './index.ts';
import type { MeowConfig } from './index.ts';
import { SMALL, smallAlgorithm } from './testing/small.ts';

const sizes = { observationSize: 3, actionSize: 3 };
const ROWS = 40;
const NOISE = randomRows(4, ROWS, sizes.actionSize, 1.5);

/**
 * What the last stage, which only reports, gives for random parameters.
 *
 * @param scale of the parameters; with 0 the latents are σ ε
 */
async function reported(config: Partial<MeowConfig>, scale = 0): Promise<Record<string, number>> {
  const algorithm = smallAlgorithm(sizes, { batchSize: ROWS, ...config });
  const runner = await stageRunner(algorithm, onnxRuntimeNode());
  const values = mapValues(randomValues(algorithm, 1), ({ shape, data }) => ({
    shape,
    data: Array.from(data, (value) => scale * value),
  }));
  runner.write(values, values);
  const metrics = await runner.run(algorithm.stages.length - 1, {
    observation: randomBatch(1, ROWS, sizes).observations,
    'noise/policy': NOISE.flat(),
    'noise/uniform': randomRows(5, ROWS, sizes.actionSize, 1).flat(),
  });
  await runner.dispose();
  return mapValues(metrics, ([value = Number.NaN]) => value);
}

describe('the metrics of the policy', () => {
  it('have the largest entropy that there is, A log 2', async () => {
    expect((await reported({}))['entropyBound']).toBeCloseTo(3 * Math.LN2, 6);
  });

  it.each(['latent', 'action'] as const)(
    'count the latents beyond the margin, in the form %s',
    async (form) => {
      const config = { coordinates: form, logSigmaMin: 1, logSigmaMax: 2 };
      const farthest = Math.atanh(1 - 1e-5) / Math.exp(1.5);
      const beyond = NOISE.filter((row) => row.some((value) => Math.abs(value) > farthest)).length / ROWS;
      expect(beyond).toBeGreaterThan(0.1);
      expect(beyond).toBeLessThan(0.9);
      expect((await reported(config))['beyondMargin']).toBeCloseTo(beyond, 6);
      expect((await reported({ ...config, logSigmaMin: -2, logSigmaMax: -1 }))['beyondMargin']).toBe(0);
    },
  );

  it.each([
    [{}, ['entropy', 'entropyBound', 'beyondMargin', 'valueGap']],
    // Its own stage reports the entropy, in every update.
    [{ tuneTemperature: true }, ['entropyBound', 'beyondMargin', 'valueGap']],
  ])('come with every hundredth update with %o', async (config, names) => {
    const agent = await createMeowAgent({
      runtime: onnxRuntimeNode(),
      ...sizes,
      config: { ...SMALL, ...config },
    });
    const reportedBy = async (update: number) =>
      Object.keys(await agent.update(randomBatch(update, 8, sizes))).filter((name) => names.includes(name));
    for (let update = 1; update <= 201; update += 1)
      expect(await reportedBy(update)).toEqual(update % 100 === 0 ? names : []);
    await agent.dispose();
  });

  it.each(
    (['latent', 'action'] as const).flatMap((coordinates) =>
      (['additive', 'affine', 'spline'] as const).flatMap((layers) =>
        (['none', 'lu'] as const).map((linear) => ({ coordinates, layers, linear })),
      ),
    ),
  )('are finite with %o, however far from the start', async (kind) => {
    const config = { ...kind, deterministic: 'best-of-k', candidates: 2 } as const;
    const values = await Promise.all([1, 10].map((scale) => reported(config, scale)));
    for (const metrics of values) {
      expect(Object.keys(metrics)).toContain('valueGap');
      expect(Object.values(metrics).filter((value) => !Number.isFinite(value))).toEqual([]);
    }
  });
});
