import { describe, expect, it } from 'vitest';

import { envFactoryOf, makeFactoryEnvs } from './env-factory.ts';
import { countingEnv } from './testing/counting-env.ts';
import { wrapEnv } from './wrap-env.ts';

const make = () => countingEnv({ length: 9 });

/** Steps until an episode of the first of two environments ends. */
async function lengthOf(exported: unknown, maxSteps?: number): Promise<number> {
  const factory = envFactoryOf({ make: exported }, 'make', 'own.js');
  const [env] = await makeFactoryEnvs(factory, 2, { maxSteps });
  env?.reset({ seed: 0 });
  for (let steps = 1; steps < 100; steps += 1) if (env?.step([0]).truncated) return steps;
  return 100;
}

describe('envFactoryOf', () => {
  it('takes a function, a promise of an environment, or a function with a time limit', async () => {
    expect(await lengthOf(make)).toBe(9);
    expect(await lengthOf(async () => make())).toBe(9);
    expect(await lengthOf({ create: make, maxSteps: 4 })).toBe(4);
    expect(await lengthOf({ create: make, maxSteps: 4 }, 6)).toBe(6);
  });

  it('calls create on what has it, with the options', async () => {
    const spec = {
      length: 3,
      create: function (this: { length: number }, options?: { more?: number }) {
        return countingEnv({ length: this.length + (options?.more ?? 0) });
      },
    };
    const factory = envFactoryOf({ spec }, 'spec', 'own.js');
    const [env] = await makeFactoryEnvs(factory, 1, { options: { more: 2 } });
    env?.reset();
    expect(Array.from({ length: 5 }, () => env?.step([0]).truncated)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it('refuses an export that is not there, listing those that are', () => {
    expect(() => envFactoryOf({ make }, 'mak', 'own.js')).toThrow(
      'own.js has no export mak. It exports make.',
    );
    expect(() => envFactoryOf({}, 'default', 'own.js')).toThrow(
      'Export a function that makes the environment.',
    );
    expect(() => envFactoryOf({ make }, 'toString', 'own.js')).toThrow('own.js has no export toString.');
  });

  it.each([
    [make(), 'make of own.js is an object, expected a function that gives an Env'],
    [undefined, 'make of own.js is nothing, expected a function'],
    [{ create: make, maxSteps: 0 }, 'maxSteps is 0, expected a positive integer'],
    [{ create: make, maxSteps: '9' }, 'maxSteps is 9, expected a positive integer'],
  ])('refuses %o', (exported, message) => {
    expect(() => envFactoryOf({ make: exported }, 'make', 'own.js')).toThrow(message);
  });

  it('refuses an environment that was given before, by whichever factory', async () => {
    const env = make();
    const first = envFactoryOf({ same: () => env }, 'same', 'own.js');
    expect(await first.create()).toBe(env);
    const again = envFactoryOf({ same: () => env }, 'same', 'own.js');
    await expect(again.create()).rejects.toThrow('same of own.js gave the same environment twice.');
  });
});

it('makeFactoryEnvs closes those it made if one can’t be', async () => {
  let [made, closed] = [0, 0];
  const factory = envFactoryOf(
    {
      make: () => {
        made += 1;
        if (made === 3) throw new Error('no more');
        return wrapEnv(make(), { close: () => void (closed += 1) });
      },
    },
    'make',
    'own.js',
  );
  await expect(makeFactoryEnvs(factory, 5, {})).rejects.toThrow('make of own.js failed: no more.');
  expect([made, closed]).toEqual([3, 2]);
});
