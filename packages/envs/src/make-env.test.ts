import { describe, expect, it } from 'vitest';

import { box } from './box.ts';
import type { Env } from './env.ts';
import { builtinEnvs, makeEnv } from './make-env.ts';
import { countingEnv } from './testing/counting-env.ts';
import { describeEnv } from './testing/describe-env.ts';
import { wrapEnv } from './wrap-env.ts';

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
    expect(() => makeEnv(id)).toThrow(
      `makeEnv: environment "${id}" is unknown. Known ones: MultiGoal-v0, Pendulum-v1.`,
    );
  });

  it.each([
    ['the time limit', { maxSteps: 1.5 }, 'maxSteps is 1.5'],
    ['the bounds of its actions', { rescaleActions: true }, 'entry 0 of the action has an infinite bound'],
  ])('closes the environment if it refuses %s', (_, options, problem) => {
    let closed = 0;
    const create = () => {
      const env = countingEnv({ length: 9 });
      const actionSpace = box({ low: Number.NEGATIVE_INFINITY, high: 1, shape: [1] });
      return wrapEnv(env, {
        actionSpace,
        close() {
          closed += 1;
          throw new Error('stuck');
        },
      });
    };
    const registry = { 'Counting-v0': { create, maxSteps: 4 } };
    expect(() => makeEnv('Counting-v0', { registry, ...options })).toThrow(problem);
    expect(closed).toBe(1);
    makeEnv('Counting-v0', { registry });
    expect(closed).toBe(1);
  });
});
