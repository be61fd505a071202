import { describe, expect, it } from 'vitest';

import type { Env } from './env.ts';
import { builtinEnvs, makeEnv } from './make-env.ts';
import { countingEnv } from './testing/counting-env.ts';
import { describeEnv } from './testing/describe-env.ts';

describeEnv('makeEnv("MultiGoal-v0")', () => makeEnv('MultiGoal-v0'));

/** Length of an episode without moving, cut off at 1000. */
const idleLength = (env: Env) => {
  env.reset({ seed: 0 });
  for (let steps = 1; steps < 1000; steps += 1) {
    const { terminated, truncated } = env.step(new Float64Array(env.actionSpace.size));
    if (terminated || truncated) return steps;
  }
  return 1000;
};

describe('makeEnv', () => {
  it('applies the default time limit, another one, or none', () => {
    expect(idleLength(makeEnv('MultiGoal-v0'))).toBe(200);
    expect(idleLength(makeEnv('MultiGoal-v0', { maxSteps: 30 }))).toBe(30);
    expect(idleLength(makeEnv('MultiGoal-v0', { maxSteps: Number.POSITIVE_INFINITY }))).toBe(1000);
  });

  it('passes options on', () => {
    const env = makeEnv('MultiGoal-v0', { options: { extent: 6 } });
    expect([...env.observationSpace.high]).toEqual([6, 6]);
    expect(() => makeEnv('MultiGoal-v0', { options: { speed: 1 } })).toThrow('option speed is unknown');
  });

  it('takes further environments from the caller', () => {
    const registry = {
      ...builtinEnvs,
      'Counting-v0': { create: () => countingEnv({ length: 50 }), maxSteps: 4 },
    };
    expect(idleLength(makeEnv('Counting-v0', { registry }))).toBe(4);
    expect(makeEnv('MultiGoal-v0', { registry }).id).toBe('MultiGoal-v0');
  });

  it.each(['MultiGoal-v1', 'toString', 'constructor'])('refuses %s, listing the known ids', (id) => {
    expect(() => makeEnv(id)).toThrow(`makeEnv: environment "${id}" is unknown. Known ones: MultiGoal-v0.`);
  });
});
