/**
 * Throws unless `seed` is an integer that a double holds exactly.
 *
 * @throws RangeError naming the value that came
 */
export function checkSeed(seed: number): void {
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(
      `random: seed is ${String(seed)}, expected an integer between -(2^53 - 1) and 2^53 - 1. ` +
        'Fractions and larger numbers would give the same generator as their neighbours.',
    );
  }
}

/**
 * A seed nobody chose, from the platform's entropy: an integer in [0, 2^32).
 *
 * For runs that need not be repeated; keep the number if one should be after all.
 */
export function entropySeed(): number {
  const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
  return seed;
}

const word64 = (x: bigint) => BigInt.asUintN(64, x);
const halves = (x: bigint) => [Number(BigInt.asIntN(32, x >> 32n)), Number(BigInt.asIntN(32, x))] as const;

/**
 * Spreads a seed over the 128 bits of a generator's state with two steps of SplitMix64.
 *
 * Each step is a bijection of 64 bits, so different seeds give different states, and the two words can't both be 0.
 * Seeding from the low 32 bits alone, as generators commonly do, would make seeds 2^32 apart the same.
 *
 * Reference: Steele, Lea, Flood, Fast splittable pseudorandom number generators (2014); Blackman and Vigna recommend
 * it for seeding xoroshiro.
 */
export function seedWords(seed: number): [number, number, number, number] {
  const mixed = (step: bigint) => {
    let z = word64(BigInt(seed) + step * 0x9e3779b97f4a7c15n);
    z = word64((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = word64((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  };
  return [...halves(mixed(1n)), ...halves(mixed(2n))];
}
