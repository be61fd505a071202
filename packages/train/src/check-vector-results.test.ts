import { vectorEnv, type VectorEnv, type VectorStepResult } from '@meow-rl/envs';
import { brokenEnv, countingEnv } from '@meow-rl/envs/testing';
import { replayBuffer } from '@meow-rl/replay';
import { describe, expect, it } from 'vitest';

import { fakeAgent } from './testing/fake-agent.ts';
import { trainOffPolicy } from './train-off-policy.ts';

const rows = () => [countingEnv({ length: 5 }), countingEnv({ length: 5 })];

/** A vector environment written by hand: another one, whose results are changed in resets or steps. */
function changed(changes: object, call: 'reset' | 'step'): VectorEnv {
  const sound = vectorEnv(rows());
  return { ...sound, [call]: (given: never) => ({ ...sound[call](given), ...changes }) };
}

const train = (env: VectorEnv) =>
  trainOffPolicy({
    agent: fakeAgent(),
    env,
    replay: replayBuffer({ capacity: 20, observationSize: 2, actionSize: 1, discount: 0.9, seed: 0 }),
    steps: 8,
    batchSize: 2,
    seed: 0,
  });

describe('a vector environment written by hand', () => {
  it.each<[changes: Partial<Record<keyof VectorStepResult, unknown>>, problem: string]>([
    [{ observations: new Float64Array(3) }, 'observations of Counting-v0 has 3 entries, expected 4'],
    [{ observations: [0, 0, 0, 0] }, 'observations of Counting-v0 is no Float64Array.'],
    [{ observations: undefined }, 'observations of Counting-v0 is no Float64Array.'],
    [
      { observations: Float64Array.of(0, 0, 0, Number.NaN) },
      'of Counting-v0 gave NaN as entry 1 of the observation of environment 1, expected a finite 32-bit float.',
    ],
    [
      { observations: Float64Array.of(0, 1e39, 0, 0) },
      'gave 1e+39 as entry 1 of the observation of environment 0',
    ],
  ])('is refused with %o of a reset or a step', async (changes, problem) => {
    for (const call of ['reset', 'step'] as const)
      await expect(train(changed(changes, call))).rejects.toThrow(problem);
  });

  it.each<[changes: Partial<Record<keyof VectorStepResult, unknown>>, problem: string]>([
    [{ rewards: new Float64Array(1) }, 'trainOffPolicy: rewards of Counting-v0 has 1 entries, expected 2'],
    [{ terminated: [true, false] }, 'trainOffPolicy: terminated of Counting-v0 is no Uint8Array.'],
    [{ truncated: undefined }, 'trainOffPolicy: truncated of Counting-v0 is no Uint8Array.'],
    [
      { finalObservations: new Float64Array(2) },
      'finalObservations of Counting-v0 has 2 entries, expected 4',
    ],
    [
      { rewards: Float64Array.of(1, Number.NaN) },
      'trainOffPolicy: step() of Counting-v0 gave NaN as reward of environment 1, expected a finite number.',
    ],
    [{ rewards: Float64Array.of(-Infinity, 1) }, 'gave -Infinity as reward of environment 0'],
  ])('is refused with %o of a step', async (changes, problem) => {
    await expect(train(changed(changes, 'step'))).rejects.toThrow(problem);
  });
});

it('a NaN of an environment at its reset is not blamed on the agent', async () => {
  const env = vectorEnv([brokenEnv({ reset: { observation: [Number.NaN, 0] } })]);
  await expect(train(env)).rejects.toThrow(
    'Broken-v0 (environment 0): reset() gave NaN as entry 0 of the observation, expected a finite 32-bit float. ' +
      'Look in the environment for a division by 0',
  );
});
