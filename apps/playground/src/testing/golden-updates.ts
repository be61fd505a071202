import { expectAgreement, expectParameters, readGolden } from '@meow-rl/learner/testing';
import { expect } from 'vitest';

import type { UpdateCase } from '../../../../packages/meow/src/testing/golden.ts';
import type { Engines } from './engines-page.ts';

/** MEow's updates that others computed. */
export const goldens = readGolden<UpdateCase>('meow-update.json', import.meta.resolve('@meow-rl/meow'));

/** Fails unless updates in a page are those of a golden case. */
export function expectGolden(
  { steps, parameters, targets }: Awaited<ReturnType<Engines['runUpdates']>>,
  golden: UpdateCase,
): void {
  expect(steps).toHaveLength(golden.steps.length);
  for (const [i, { loss, gradNorm }] of golden.steps.entries()) {
    expectAgreement([steps[i]?.loss ?? NaN], [loss], 1e-4, `loss of update ${i}`);
    expectAgreement([steps[i]?.gradNorm ?? NaN], [gradNorm], 1e-4, `gradient norm of update ${i}`);
  }
  expectParameters(parameters, golden.finalParams, 1e-4);
  expectParameters(targets, golden.finalTarget, 1e-4);
}
