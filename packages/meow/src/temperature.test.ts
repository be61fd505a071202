import { constant, referenceRuntime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { densityProgram } from '@meow-rl/learner';
import { randomBatch, randomValues, stageRunner } from '@meow-rl/learner/testing';
import { expectClose, randomRows } from '@meow-rl/nn/testing';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { createMeowAgent } from './index.ts';
import type { MeowConfig } from './index.ts';
import { SMALL, smallAlgorithm, smallNetworks } from './testing/small.ts';

const sizes = { observationSize: 2, actionSize: 2 };
const ROWS = 8;
const batch = randomBatch(1, ROWS, sizes);
const inputs = {
  observation: batch.observations,
  action: batch.actions,
  reward: batch.rewards,
  nextObservation: batch.nextObservations,
  discount: Array.from(batch.terminated, (ended) => 0.9 * (1 - ended)),
  weight: Array.from(batch.rewards, () => 1),
  'noise/policy': randomRows(9, ROWS, 2, 1.5).flat(),
};

async function learnerWith(config: Partial<MeowConfig>, logAlpha?: number) {
  const algorithm = smallAlgorithm(sizes, config);
  const learner = await stageRunner(algorithm, referenceRuntime);
  const values = {
    ...randomValues(algorithm, 5),
    ...(logAlpha !== undefined && { logAlpha: { shape: [], data: [logAlpha] } }),
  };
  learner.write(values, values);
  return { algorithm, learner, values };
}

const first = (values: ArrayLike<number> | undefined): number => values?.[0] ?? Number.NaN;
const logAlphaOf = ({ parameters }: Awaited<ReturnType<typeof learnerWith>>['learner']): number =>
  first(parameters()['logAlpha']?.data);

describe('a tuned temperature', () => {
  it('starts at alpha', async () => {
    const agent = await createMeowAgent({
      runtime: referenceRuntime,
      ...sizes,
      config: { ...SMALL, alpha: 0.7, tuneTemperature: true },
    });
    expect(first(agent.parameters()['logAlpha']?.data)).toBeCloseTo(Math.log(0.7), 6);
    await agent.dispose();
  });

  it('is that of Q, V, targets and loss, which are those of the same alpha fixed', async () => {
    const alpha = Math.exp(-0.5);
    const fixed = await learnerWith({ alpha });
    // Elsewhere than the setting, so that its value is not what counts.
    const tuned = await learnerWith({ alpha: 3, tuneTemperature: true }, -0.5);
    const shared = Object.fromEntries(Object.entries(tuned.values).filter(([name]) => name !== 'logAlpha'));
    fixed.learner.write(shared, shared);
    const expected = await fixed.learner.run(0, inputs);
    const made = await tuned.learner.run(0, inputs);
    for (const name of ['loss', 'meanQ', 'meanValue', 'meanTarget', 'meanShift', 'gradientNorm/ebflow'])
      expectClose([first(made[name])], [first(expected[name])], 1e-10, name);
    const { logAlpha, ...others } = tuned.learner.parameters();
    for (const [name, { data }] of Object.entries(fixed.learner.parameters()))
      expectClose(Array.from(others[name]?.data ?? []), Array.from(data), 1e-10, name);
    expect(first(logAlpha?.data), 'the soft value loss moves no temperature').toBe(-0.5);
  });

  it('has the gradient α (entropy − target), of the exact log-probabilities, and moves nothing else', async () => {
    const logAlpha = -0.4;
    const { algorithm, learner } = await learnerWith(
      { tuneTemperature: true, targetEntropyPerAction: -0.3, temperatureLearningRate: 0.01 },
      logAlpha,
    );
    const before = learner.parameters();
    const density = densityProgram(algorithm);
    if (!density) throw new Error('MEow has a density');
    const sampler = await referenceRuntime.load(density, { state: learner.state });
    const { logProb } = await sampler.run({
      observation: inputs.observation,
      noise: inputs['noise/policy'],
    });
    const quadratic = inputs['noise/policy'].reduce((total, value) => total + value ** 2, 0) / 2;
    const entropy = 1 - (Array.from(logProb).reduce((total, value) => total + value, 0) + quadratic) / ROWS;

    const metrics = await learner.run(1, inputs);
    const slope = Math.exp(Math.fround(logAlpha)) * (entropy + 0.6);
    expectClose([first(metrics['entropy'])], [entropy], 1e-10);
    expectClose([first(metrics['temperatureLoss'])], [slope], 1e-7);
    expectClose([first(metrics['gradientNorm/temperature'])], [Math.abs(slope)], 1e-7);
    // Adam's first step is its size, against the gradient.
    expect(logAlphaOf(learner)).toBeCloseTo(logAlpha - 0.01 * Math.sign(slope), 6);
    const { logAlpha: _, ...others } = learner.parameters();
    for (const [name, { data }] of Object.entries(others))
      expect(Array.from(data), name).toEqual(Array.from(before[name]?.data ?? []));
  });

  it('has to be given to values that are asked for without it', () => {
    const { softV } = smallNetworks(sizes, { tuneTemperature: true }, randomValues(smallAlgorithm(sizes), 2));
    expect(() => softV(constant([0.1, 0.2], [1, 2]))).toThrow(
      'meow: the temperature is tuned, so the setting alpha is only its start. Give the alpha of temperatureOf.',
    );
  });

  it.each([-1, 0.2])(
    'brings the entropy of a bandit to its target of %d for each entry',
    { timeout: 60_000 },
    async (targetEntropyPerAction) => {
      const agent = await createMeowAgent({
        runtime: onnxRuntimeNode(),
        observationSize: 1,
        actionSize: 2,
        seed: 2,
        config: {
          ...SMALL,
          hidden: [16, 16],
          shiftHidden: [16],
          batchSize: 64,
          alpha: 0.2,
          learningRate: 5e-3,
          tuneTemperature: true,
          targetEntropyPerAction,
          temperatureLearningRate: 5e-3,
          logSigmaMin: -5,
          logSigmaMax: 0.5,
        },
      });
      const random = createGenerator(1);
      const entropies: number[] = [];
      let temperature = Number.NaN;
      for (let update = 1; update <= 1500; update += 1) {
        const observations = Float32Array.from({ length: 64 }, () => random.uniform());
        if (!agent.replayed) throw new Error('replay keeps latents');
        const { actions, replayed } = await agent.replayed.explore(observations);
        const rewards = observations.map(
          (_, i) => -2 * ((actions[2 * i] ?? 0) - 0.3) ** 2 - 2 * (actions[2 * i + 1] ?? 0) ** 2,
        );
        const metrics = await agent.update({
          observations,
          actions: replayed,
          rewards,
          nextObservations: observations,
          terminated: new Float32Array(64).fill(1),
          discounts: new Float32Array(64),
        });
        temperature = metrics['temperature'] ?? Number.NaN;
        if (update > 1300) entropies.push(metrics['entropy'] ?? Number.NaN);
      }
      await agent.dispose();
      const entropy = entropies.reduce((total, value) => total + value, 0) / entropies.length;
      expect(Math.abs(entropy - 2 * targetEntropyPerAction)).toBeLessThan(0.3);
      // The Gaussian of variance α / 4 per entry has the entropy ½ log(2πe α / 4), as long as the bounds are far.
      if (targetEntropyPerAction < 0)
        expect(Math.log(temperature)).toBeCloseTo(
          2 * targetEntropyPerAction - Math.log(2 * Math.PI * Math.E) + Math.log(4),
          0,
        );
      else expect(temperature).toBeGreaterThan(0.2);
    },
  );
});
