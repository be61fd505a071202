import {
  expectAgreement,
  expectParameters,
  GOLDEN_RUNTIMES,
  readGolden,
  stageRunner,
} from '@meow-rl/learner/testing';
import { describe, expect, test } from 'vitest';

import { algorithmOf, updateInputs } from './testing/golden.ts';
import type { UpdateCase } from './testing/golden.ts';

describe.each(GOLDEN_RUNTIMES)('updates on $runtime.name', ({ runtime, tolerance }) => {
  test.each(readGolden<UpdateCase>('meow-update.json', import.meta.url))('$name', async (golden) => {
    const algorithm = algorithmOf(golden.config, golden.batches[0]?.reward.length);
    const learner = await stageRunner(algorithm, runtime);
    learner.write(golden.params, golden.params);
    expect(golden.steps).toHaveLength(golden.batches.length);

    for (const [i, batch] of golden.batches.entries()) {
      const step = await learner.run(0, updateInputs(batch, algorithm.config.gamma));
      const { loss, gradNorm } = golden.steps[i] ?? { loss: Number.NaN, gradNorm: Number.NaN };
      expectAgreement(step['loss'], [loss], tolerance, `loss of update ${i}`);
      expectAgreement(step['gradientNorm/ebflow'], [gradNorm], tolerance, `gradient norm of update ${i}`);
    }
    expectParameters(learner.parameters(), golden.finalParams, tolerance);
    expectParameters(learner.targets(), golden.finalTarget, tolerance);
    await learner.dispose();
  });
});
