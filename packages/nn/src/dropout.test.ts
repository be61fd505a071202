import { constant, mul, program, referenceRuntime } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { dropoutBank } from './dropout.ts';
import type { DropoutBank } from './dropout.ts';

/** Leaves what is given as it is but for the mask. */
const activate = (x: Tensor, mask?: Tensor): Tensor => (mask ? mul(x, mask) : x);

/** The masks that ones of the given shapes get, in the order of their use. */
async function masksAt(
  bank: DropoutBank,
  offsets: readonly number[],
  shapes: readonly (readonly [number, number])[],
): Promise<number[][]> {
  const masking = program(
    { inputs: { offsets: { dtype: 'int64', shape: [offsets.length] } }, state: {} },
    ({ offsets }) => {
      const drop = bank.masks(offsets);
      const ones = shapes.map((shape) => constant(new Float32Array(shape[0] * shape[1]).fill(1), shape));
      return { outputs: Object.fromEntries(ones.map((hidden, i) => [`mask${i}`, drop(hidden, activate)])) };
    },
  );
  const results = await (await referenceRuntime.load(masking)).run({ offsets });
  return shapes.map((_, i) => Array.from(results[`mask${i}`] ?? []));
}

const LARGEST = 1000;
const bankOf = (rate: number, seed = 1) => dropoutBank(rate, LARGEST, createGenerator(seed));
const maskOf = (seed: number) => masksAt(bankOf(0.5, seed), [0], [[20, 2]]);

describe('dropoutBank', () => {
  it.each([0.1, 0.5])('drops the share %s and keeps the expectation', async (rate) => {
    const bank = bankOf(rate);
    const last = bank.offsets - 1;
    const masks = await masksAt(
      bank,
      [0, last],
      [
        [LARGEST, 1],
        [LARGEST, 1],
      ],
    );
    for (const mask of masks) {
      const dropped = mask.filter((entry) => entry === 0).length / LARGEST;
      // Four standard deviations of the share.
      expect(Math.abs(dropped - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / LARGEST));
      const kept = mask.filter((entry) => entry !== 0);
      expect(new Set(kept)).toEqual(new Set([Math.fround(1 / (1 - rate))]));
    }
    expect(masks[0]).not.toEqual(masks[1]);
  });

  it('has an offset for every window into its bank and no more', async () => {
    const bank = bankOf(0.5);
    const whole = (offset: number) => masksAt(bank, [offset], [[LARGEST, 1]]);
    await expect(whole(bank.offsets - 1)).resolves.toHaveLength(1);
    await expect(whole(bank.offsets)).rejects.toThrow('do not lie in');
    expect(bank.offsets).toBeGreaterThan(10 * LARGEST);
  });

  it('gives each use the window at its own offset, in the shape of what is dropped from', async () => {
    const bank = bankOf(0.5);
    const [first = [], second = []] = await masksAt(
      bank,
      [20, 5],
      [
        [3, 4],
        [50, 1],
      ],
    );
    expect(first).toHaveLength(12);
    expect(second.slice(15, 27)).toEqual(first);
  });

  it('is decided by its generator', async () => {
    expect(await maskOf(1)).toEqual(await maskOf(1));
    expect(await maskOf(1)).not.toEqual(await maskOf(2));
  });

  it('repeats what has fewer rows, each copy with a mask of its own, and activates it once', async () => {
    const bank = bankOf(0.5);
    let activated = 0;
    const dropping = program(
      { inputs: { offsets: { dtype: 'int64', shape: [1] } }, state: {} },
      ({ offsets }) => {
        const ones = constant(new Float32Array(50).fill(1), [25, 2]);
        const dropped = bank.masks(offsets, 50)(ones, (x) => {
          activated += 1;
          return mul(3, x);
        });
        return { outputs: { dropped } };
      },
    );
    const { dropped } = await (await referenceRuntime.load(dropping)).run({ offsets: [4] });
    const [mask = []] = await masksAt(bank, [4], [[50, 2]]);
    expect(activated).toBe(1);
    expect(Array.from(dropped)).toEqual(mask.map((factor) => 3 * factor));
    expect(mask.slice(0, 50)).not.toEqual(mask.slice(50));
  });

  it('refuses an activation that is larger than it was made for', async () => {
    const bank = bankOf(0.5);
    await expect(masksAt(bank, [0], [[LARGEST / 4, 4]])).resolves.toHaveLength(1);
    await expect(masksAt(bank, [0], [[LARGEST / 4, 5]])).rejects.toThrow(
      'dropoutBank: an activation is [250, 5], and the bank was made for 1000 elements at most.',
    );
  });

  it('refuses more uses than offsets', async () => {
    await expect(
      masksAt(
        bankOf(0.5),
        [0],
        [
          [2, 2],
          [2, 2],
        ],
      ),
    ).rejects.toThrow(
      'dropoutBank: there are offsets for 1 uses of the masks, and this is one more. Give one for each hidden layer',
    );
  });
});
