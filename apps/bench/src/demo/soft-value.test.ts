import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createMeowAgent } from '@meow-rl/meow';
import type { MeowAgent } from '@meow-rl/meow';
import { createGenerator } from '@meow-rl/random';
import { emptyBatch } from '@meow-rl/replay';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { softValueByQuadrature, softValueErrors, softValueGrid } from './soft-value.ts';

const sizes = { observationSize: 2, actionSize: 2 };
let agent: MeowAgent;

beforeAll(async () => {
  agent = await createMeowAgent({
    runtime: onnxRuntimeNode(),
    ...sizes,
    seed: 1,
    config: {
      alpha: 2.5,
      batchSize: 64,
      hidden: [16, 16],
      shiftHidden: [16, 16],
      logSigmaMin: -2,
      logSigmaMax: 0,
    },
  });
  const random = createGenerator(2);
  const batch = emptyBatch(64, sizes);
  for (let update = 0; update < 200; update++) {
    random.fillUniform(batch.observations, -7, 7);
    random.fillUniform(batch.actions, -0.95, 0.95);
    // Rewards that a Gaussian policy cannot follow: two separate modes.
    for (let row = 0; row < 64; row++)
      batch.rewards[row] = 10 * Math.abs(batch.actions[2 * row] ?? 0) - 5 * (batch.actions[2 * row + 1] ?? 0);
    batch.terminated.fill(1);
    await agent.update(batch);
  }
});
afterAll(() => agent.dispose());

describe('the soft value', () => {
  test.each([
    [0, 0],
    [3, -2],
    [-6, 5],
  ])('at (%d, %d) is what quadrature gives', async (x, y) => {
    const [exact = Number.NaN] = await agent.value(Float32Array.of(x, y));
    expect(Math.abs(exact - (await softValueByQuadrature(agent, [x, y])))).toBeLessThan(
      1e-3 * Math.abs(exact),
    );
  });

  test('importance sampling converges to it, Monte Carlo stays away', async () => {
    const { samples, exact, importance, monteCarlo, reference } = await softValueErrors(agent, [0, 0], 7);
    expect(importance).toHaveLength(samples.length);
    expect(exact).toBeLessThan(1e-3 * Math.abs(reference));
    expect(importance.at(-1)?.mean).toBeLessThan(0.3 * (importance[0]?.mean ?? 0));
    expect(monteCarlo.at(-1)?.mean).toBeGreaterThan(2 * (importance.at(-1)?.mean ?? 0));
    for (const { mean, low, high } of importance) {
      expect(low).toBeLessThanOrEqual(mean);
      expect(high).toBeGreaterThanOrEqual(low);
    }
  });

  test('the grid holds V with y outer', async () => {
    const { x, y, values } = await softValueGrid(agent, 7, 5);
    expect(x).toEqual([-7, -3.5, 0, 3.5, 7]);
    const [expected] = await agent.value(Float32Array.of(3.5, -7));
    expect(values[3]).toBeCloseTo(expected ?? Number.NaN, 4);
    expect(y).toEqual(x);
  });
});
