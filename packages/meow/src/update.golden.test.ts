import { referenceRuntime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { onnxRuntimeFused, whyUnavailable } from '@meow-rl/onnxruntime-fused';
import { describe, expect, test } from 'vitest';

import { updateProgram } from './index.ts';
import { modelOf, readGolden } from './testing/golden.ts';
import type { GoldenParams, UpdateCase } from './testing/golden.ts';

const runtimes = [
  { runtime: referenceRuntime, tolerance: 1e-8 },
  { runtime: onnxRuntimeNode(), tolerance: 1e-4 },
  // Where it isn't compiled its own tests say so.
  ...(whyUnavailable() === undefined ? [{ runtime: onnxRuntimeFused(), tolerance: 1e-4 }] : []),
];

function expectedData(expected: GoldenParams, name: string): number[] {
  const data = expected[name]?.data;
  if (!data) throw new Error(`the golden file has no values of ${name}`);
  return data;
}

const relative = (actual: number, expected: number): number =>
  Math.abs(actual - expected) / Math.max(1, Math.abs(expected));

describe.each(runtimes)('updates on $runtime.name', ({ runtime, tolerance }) => {
  test.each(readGolden<UpdateCase>('meow-update.json'))('$name', async (golden) => {
    const model = modelOf(golden.config, golden.batches[0]?.reward.length);
    const learner = await runtime.load(updateProgram(model, 0).program);
    const start = model.layout.flatten(golden.params);
    learner.writeState('parameters', start);
    learner.writeState('target', start);

    for (const [i, { obs, act, reward, nextObs, done }] of golden.batches.entries()) {
      const step = await learner.run({
        observation: obs.flat(),
        action: act.flat(),
        reward,
        nextObservation: nextObs.flat(),
        discount: done.map((ended) => model.config.gamma * (1 - ended)),
        weight: done.map(() => 1),
        dropoutOffsets: [],
      });
      const expected = golden.steps[i];
      expect(
        relative(step.loss[0] ?? Number.NaN, expected?.loss ?? Number.NaN),
        `loss of update ${i}`,
      ).toBeLessThan(tolerance);
      expect(
        relative(step.gradientNorm[0] ?? Number.NaN, expected?.gradNorm ?? Number.NaN),
        `gradient norm of update ${i}`,
      ).toBeLessThan(tolerance);
    }

    const check = (flat: ArrayLike<number>, expected: GoldenParams): void => {
      for (const [name, { data }] of Object.entries(model.layout.unflatten(flat)))
        for (const [i, value] of expectedData(expected, name).entries()) {
          // The file holds float32 numbers: half of their spacing is the file's rounding, not ours.
          const rounding = 2 ** -24 * Math.abs(value);
          expect(Math.abs((data[i] ?? Number.NaN) - value), `${name}[${i}]`).toBeLessThan(
            tolerance * Math.max(1, Math.abs(value)) + rounding,
          );
        }
    };
    expect(golden.steps).toHaveLength(golden.batches.length);
    expect(Object.keys(golden.finalParams).toSorted()).toEqual(
      Object.keys(model.layout.unflatten(start)).toSorted(),
    );
    check(learner.readState('parameters'), golden.finalParams);
    check(learner.readState('target'), golden.finalTarget);
  });
});
