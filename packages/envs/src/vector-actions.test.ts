import { describe, expect, it } from 'vitest';

import { box } from './box.ts';
import { vectorEnv } from './local-vector-env.ts';
import { countingEnv } from './testing/counting-env.ts';
import { clipVectorAction, rescaleVectorAction } from './vector-actions.ts';

/** Pays the action, which is in [-1, 3]. */
const paying = () => {
  const env = vectorEnv([countingEnv({ length: 9 }), countingEnv({ length: 9 })]);
  env.reset({ seed: 0 });
  return { ...env, singleActionSpace: box({ low: -1, high: 3, shape: [1] }) };
};

describe('rescaleVectorAction', () => {
  it('maps actions to the bounds, ends to ends', async () => {
    const env = rescaleVectorAction(paying());
    expect([...env.singleActionSpace.low, ...env.singleActionSpace.high]).toEqual([-1, 1]);
    expect([...(await env.step([-1, 1])).rewards]).toEqual([-1, 3]);
    expect([...(await env.step(Float32Array.of(0, 0.5))).rewards]).toEqual([1, 2]);
    await expect((async () => env.step([0]))()).rejects.toThrow('got 1 entries, expected 2');
    await expect((async () => env.step([0, Number.NaN]))()).rejects.toThrow('got NaN in entry 0 of row 1');
  });

  it('refuses what it can’t map', () => {
    const unbounded = { ...paying(), singleActionSpace: box({ low: -1, high: Infinity, shape: [1] }) };
    expect(() => rescaleVectorAction(unbounded)).toThrow('entry 0 of the action has an infinite bound');
    expect(() => rescaleVectorAction(paying(), 1, 1)).toThrow('low is 1 and high 1, expected low < high');
  });
});

describe('clipVectorAction', () => {
  it('moves entries to the bounds, and leaves what is no number to the environment', async () => {
    const env = clipVectorAction(paying());
    expect([...(await env.step([-9, 9])).rewards]).toEqual([-1, 3]);
    await expect((async () => env.step([Infinity, 0]))()).rejects.toThrow('got Infinity in entry 0 of row 0');
  });
});
