import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';

import { between } from './between.ts';
import { checkSeed, seedWords } from './seed.ts';
import { checkedState, type GeneratorState } from './state.ts';

/** A seeded source of random numbers whose state can be saved and put back. */
export interface Generator {
  /** A number in [0, 1) with 53 random bits. */
  uniform(): number;
  /** A standard normal number, by the polar method, which makes two at a time; the second is part of the state. */
  normal(): number;
  /**
   * An integer in [0, n), each with the same probability.
   *
   * @throws RangeError unless n is an integer in [1, 2^32]
   */
  integer(n: number): number;
  /** Fills `array` with standard normal numbers: the same ones, in order, as calls of {@link Generator.normal}. */
  fillNormal(array: Float32Array | Float64Array): void;
  /**
   * Fills `array` with numbers uniform in [low, high); rounding to the array's precision may reach `high` itself.
   *
   * @throws RangeError unless low and high are finite and low <= high
   */
  fillUniform(array: Float32Array | Float64Array, low: number, high: number): void;
  /**
   * Fills `array` with integers uniform in [0, n).
   *
   * @throws RangeError unless n is an integer in [1, 2^31], what an entry can hold
   */
  fillIntegers(array: Int32Array, n: number): void;
  /** A copy of the present state, ready for `JSON.stringify`. */
  state(): GeneratorState;
  /**
   * Continues from a saved state.
   *
   * @throws TypeError if `state` isn't one that {@link Generator.state} returns
   */
  restore(state: GeneratorState): void;
}

/**
 * A generator that gives the same numbers for the same seed.
 *
 * The bits are xoroshiro128+ by pure-rand, period 2^128 - 1, the same everywhere; normal numbers also go through
 * `Math.log`, whose last bit an engine other than V8 may round differently.
 *
 * @param seed an integer; all of its bits count
 * @throws RangeError if `seed` isn't a safe integer
 *
 * Reference: Blackman and Vigna, Scrambled linear pseudorandom number generators (2018).
 */
export function createGenerator(seed: number): Generator {
  checkSeed(seed);
  return generatorOver(xoroshiro128plusFromState(seedWords(seed)), null);
}

/**
 * A new generator that continues from a saved state.
 *
 * @throws TypeError if `state` isn't one that {@link Generator.state} returns
 */
export function generatorFromState(state: GeneratorState): Generator {
  const { words, spare } = checkedState(state);
  return generatorOver(xoroshiro128plusFromState(words), spare);
}

/**
 * The stream with the given index of a seed: `index` jumps of 2^64 numbers ahead of `createGenerator(seed)`.
 *
 * Streams of one seed never overlap, so one seed serves a whole run: a stream for the environment, one for
 * exploration, one for the replay buffer. Stream 0 is `createGenerator(seed)` itself.
 *
 * @param seed an integer; all of its bits count
 * @param index 0, 1, 2, ... up to 65535; each jump costs about as much as 128 numbers
 * @throws RangeError if `seed` isn't a safe integer or `index` is out of range
 */
export function stream(seed: number, index: number): Generator {
  checkSeed(seed);
  if (!Number.isInteger(index) || index < 0 || index > 65_535) {
    throw new RangeError(
      `random: stream index is ${String(index)}, expected an integer from 0 to 65535. ` +
        'Number the uses of a seed from 0; for more of them, take another seed.',
    );
  }
  const bits = xoroshiro128plusFromState(seedWords(seed));
  for (let jumps = 0; jumps < index; jumps += 1) bits.jump();
  return generatorOver(bits, null);
}

/** 53 bits. Loops call it with a generator in a local constant, which takes half of the time that one in a closure takes. */
const uniformFrom = (bits: JumpableRandomGenerator): number =>
  ((bits.next() >>> 5) * 2 ** 26 + (bits.next() >>> 6)) * 2 ** -53;

function generatorOver(start: JumpableRandomGenerator, startSpare: number | null): Generator {
  // next() changes `bits` in place. The low bits of xoroshiro128+ are its weak ones, so what is dropped is dropped there.
  let bits = start;
  let spare = startSpare;

  const uniform = () => uniformFrom(bits);

  const fillNormal = (array: Float32Array | Float64Array) => {
    const source = bits;
    let next = 0;
    if (spare !== null && array.length > 0) {
      array[next++] = spare;
      spare = null;
    }
    while (next < array.length) {
      const u = 2 * uniformFrom(source) - 1;
      const v = 2 * uniformFrom(source) - 1;
      const squared = u * u + v * v;
      if (squared >= 1 || squared === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(squared)) / squared);
      array[next++] = u * scale;
      if (next < array.length) array[next++] = v * scale;
      else spare = v * scale;
    }
  };
  const one = new Float64Array(1);

  // n buckets of equal width cover [0, n * width); the few numbers above are drawn again, so no bucket is favoured.
  const bucket = (n: number, width: number) => {
    for (;;) {
      const index = Math.floor((bits.next() >>> 0) / width);
      if (index < n) return index;
    }
  };

  return {
    uniform,
    normal() {
      fillNormal(one);
      return one[0] ?? Number.NaN;
    },
    integer(n) {
      checkCount(n, 2 ** 32, 'integer(n)');
      return bucket(n, Math.floor(2 ** 32 / n));
    },
    fillNormal,
    fillUniform(array, low, high) {
      if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high)) {
        throw new RangeError(
          `random: fillUniform got low ${String(low)} and high ${String(high)}, ` +
            'expected finite numbers with low <= high. Give the lower bound first.',
        );
      }
      const source = bits;
      for (let i = 0; i < array.length; i += 1) array[i] = between(low, high, uniformFrom(source));
    },
    fillIntegers(array, n) {
      checkCount(n, 2 ** 31, 'fillIntegers(array, n)');
      const width = Math.floor(2 ** 32 / n);
      for (let i = 0; i < array.length; i += 1) array[i] = bucket(n, width);
    },
    state() {
      const [a = 0, b = 0, c = 0, d = 0] = bits.getState();
      return { words: [a, b, c, d], spare };
    },
    restore(state) {
      const { words, spare: savedSpare } = checkedState(state);
      bits = xoroshiro128plusFromState(words);
      spare = savedSpare;
    },
  };
}

function checkCount(n: number, most: number, where: string): void {
  if (!Number.isInteger(n) || n < 1 || n > most) {
    throw new RangeError(
      `random: ${where} got n = ${String(n)}, expected an integer from 1 to ${most}. ` +
        'n counts the possible values, 0 to n - 1.',
    );
  }
}
