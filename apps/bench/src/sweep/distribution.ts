import type { Generator } from '@meow-rl/random';
import { z } from 'zod';

const interval = z.tuple([z.number(), z.number()]).refine(([low, high]) => low < high);
const positive = interval.refine(([low]) => low > 0);
const whole = interval.refine((ends) => ends.every(Number.isSafeInteger));

/** What a setting is drawn from. */
export const distributionSchema = z.union([
  z.strictObject({ uniform: interval }),
  z.strictObject({ logUniform: positive }),
  z.strictObject({ integer: whole }),
  z.strictObject({ choice: z.array(z.unknown()).nonempty() }),
]);

/** `uniform` in [low, high), `logUniform` with a uniform logarithm, `integer` from low to high, both included, or one of some values. */
export type Distribution = z.output<typeof distributionSchema>;

/** Draws a value. */
export function draw(distribution: Distribution, random: Generator): unknown {
  if ('choice' in distribution) return distribution.choice[random.integer(distribution.choice.length)];
  if ('integer' in distribution) {
    const [low, high] = distribution.integer;
    return low + random.integer(high - low + 1);
  }
  if ('uniform' in distribution) return between(distribution.uniform, random);
  const [low, high] = distribution.logUniform;
  return Math.exp(between([Math.log(low), Math.log(high)], random));
}

const between = ([low, high]: readonly [number, number], random: Generator): number =>
  low + random.uniform() * (high - low);
