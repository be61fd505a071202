import { decodeModel, lower, serialize } from '@meow-rl/graph';
import { expect, test } from 'vitest';

import { asAdam } from '../../../../packages/onnxruntime-fused/src/adam-step.ts';
import { directPlan } from '../../../../packages/onnxruntime-fused/src/direct-plan.ts';
import { meansOf } from './statistics.ts';
import { updateCycle, updatePrograms } from './update-programs.ts';

const measured = { observationSize: 2, actionSize: 2, batchSize: 8, threads: 1, seed: 0 };

test.each([
  ['meow', 1],
  ['sac', 1],
  ['td3', 2],
  ['ppo', 1],
] as const)('the updates of %s repeat themselves after %d', (algorithm, cycle) => {
  expect(updateCycle({ algorithm, ...measured })).toBe(cycle);
});

test.each(['meow', 'sac', 'td3', 'sql', 'ppo'] as const)(
  'the updates of %s need neither onnxruntime nor WebAssembly on the fused engine',
  (algorithm) => {
    const programs = updatePrograms({ algorithm, ...measured });
    expect(programs.length).toBeGreaterThan(0);
    for (const program of programs) {
      const { engine, steps } = lower(program, { fuses: true, multiplies: true });
      expect(directPlan(decodeModel(serialize(engine)))?.outputs.length).toBeGreaterThan(0);
      expect(steps.length).toBeGreaterThan(0);
      expect(steps.map((step) => asAdam(step) !== undefined)).not.toContain(false);
    }
  },
);

test('durations of a cycle are averaged', () => {
  expect(meansOf([1, 3, 2, 6, 9], 2)).toEqual([2, 4]);
  expect(meansOf([1, 3], 1)).toEqual([1, 3]);
});
