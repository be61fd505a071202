import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';

import { createGenerator, generatorFromState, stream, type Generator } from './generator.ts';
import { entropySeed } from './seed.ts';
import type { GeneratorState } from './state.ts';

const take = (count: number, draw: () => number) => Array.from({ length: count }, draw);
const uniforms = (generator: Generator, count = 8) => take(count, () => generator.uniform());
const through = (state: GeneratorState) => JSON.parse(JSON.stringify(state)) as GeneratorState;
const restored = (state: unknown) => () => generatorFromState(state as GeneratorState);

/** Mean of the k-th powers. */
const moment = (values: Float64Array, k: number) =>
  values.reduce((sum, x) => sum + x ** k, 0) / values.length;

describe('seeds', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    expect(uniforms(createGenerator(7))).toEqual(uniforms(createGenerator(7)));
    expect(uniforms(createGenerator(7))).not.toEqual(uniforms(createGenerator(8)));
  });

  it('agrees with SplitMix64 and xoroshiro128+ written out in Python integers', () => {
    expect(uniforms(createGenerator(42), 3)).toEqual([
      0.884069414773014, 0.4568489335531415, 0.3752516519554183,
    ]);
  });

  it('counts every bit of a seed', () => {
    const seeds = [1, -1, 1 + 2 ** 32, 1 + 2 ** 40, 1 + 2 ** 52, Number.MAX_SAFE_INTEGER, 0];
    const firsts = seeds.map((seed) => createGenerator(seed).uniform());
    expect(new Set(firsts).size).toBe(seeds.length);
  });

  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses %d', (seed) => {
    expect(() => createGenerator(seed)).toThrow(`random: seed is ${seed}, expected an integer`);
    expect(() => stream(seed, 1)).toThrow(`random: seed is ${seed}, expected an integer`);
  });

  it('draws entropy seeds that can be used', () => {
    const seed = entropySeed();
    expect(uniforms(createGenerator(seed))).toEqual(uniforms(createGenerator(seed)));
    expect(new Set(take(4, entropySeed)).size).toBeGreaterThan(1);
  });
});

describe('distributions', () => {
  const count = 200_000;
  const standardError = 1 / Math.sqrt(count);

  it('has the moments of the uniform distribution', () => {
    const values = new Float64Array(count);
    createGenerator(1).fillUniform(values, 0, 1);
    expect(Math.abs(moment(values, 1) - 1 / 2)).toBeLessThan(4 * standardError * Math.sqrt(1 / 12));
    expect(Math.abs(moment(values, 2) - 1 / 3)).toBeLessThan(4 * standardError * Math.sqrt(4 / 45));
    expect(Math.min(...values.subarray(0, 50_000))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values.subarray(0, 50_000))).toBeLessThan(1);
  });

  it('has the first four moments of the normal distribution', () => {
    const values = new Float64Array(count);
    createGenerator(2).fillNormal(values);
    expect(Math.abs(moment(values, 1))).toBeLessThan(4 * standardError);
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(4 * standardError * Math.sqrt(2));
    expect(Math.abs(moment(values, 3))).toBeLessThan(4 * standardError * Math.sqrt(15));
    expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(4 * standardError * Math.sqrt(96));
  });

  it('gives both normals of a pair without correlation', () => {
    const generator = createGenerator(3);
    let product = 0;
    for (let i = 0; i < count; i += 1) product += generator.normal() * generator.normal();
    expect(Math.abs(product / count)).toBeLessThan(4 * standardError);
  });

  it('gives every integer equally often (chi-square, 9 degrees of freedom)', () => {
    const generator = createGenerator(4);
    const counts = new Float64Array(10);
    for (let i = 0; i < 100_000; i += 1) {
      const value = generator.integer(10);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    const chiSquare = counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(27.9); // exceeded once in 1000 seeds
    expect(chiSquare).toBeGreaterThan(1.15); // and below this as rarely
  });

  it('stays unbiased where a plain remainder would favour the low half', () => {
    const n = 3 * 2 ** 30; // 2^32 mod n = 2^30: a remainder gives [0, 2^30) half of the draws instead of a third
    const generator = createGenerator(5);
    const low = take(30_000, () => generator.integer(n)).filter((value) => value < 2 ** 30).length;
    expect(low / 30_000).toBeCloseTo(1 / 3, 1);
    expect(take(100, () => generator.integer(1))).toEqual(take(100, () => 0));
    expect(Math.max(...take(100, () => generator.integer(2 ** 32)))).toBeGreaterThan(2 ** 31);
  });

  it('fills arrays with the numbers that single calls give', () => {
    const normals = new Float64Array(5);
    const integers = new Int32Array(5);
    createGenerator(6).fillNormal(normals);
    createGenerator(6).fillIntegers(integers, 1000);
    const [forNormals, forIntegers, forUniforms] = [
      createGenerator(6),
      createGenerator(6),
      createGenerator(6),
    ];
    expect([...normals]).toEqual(take(5, () => forNormals.normal()));
    expect([...integers]).toEqual(take(5, () => forIntegers.integer(1000)));
    const scaled = new Float32Array(5);
    createGenerator(6).fillUniform(scaled, -3, 5);
    expect([...scaled]).toEqual(take(5, () => Math.fround(-3 + 8 * forUniforms.uniform())));
  });

  it.each<[string, (generator: Generator) => void, (generator: Generator) => void]>([
    ['normals', (g) => g.fillNormal(new Float64Array(3)), (g) => take(3, () => g.normal())],
    ['uniforms', (g) => g.fillUniform(new Float64Array(3), 2, 2), (g) => take(3, () => g.uniform())],
    ['integers', (g) => g.fillIntegers(new Int32Array(3), 7), (g) => take(3, () => g.integer(7))],
  ])('draws no more %s than an array has entries', (_, fill, draw) => {
    const [filled, drawn] = [createGenerator(7), createGenerator(7)];
    fill(filled);
    draw(drawn);
    expect(filled.state()).toEqual(drawn.state());
  });

  it('never gives n, which the numbers above the last bucket would fall on', () => {
    // 2^32 mod 65792 is 65280, as many as any n has for its bucket n: 15 of 1 000 000 draws fall there.
    const n = 65792;
    const values = new Int32Array(1_000_000);
    createGenerator(8).fillIntegers(values, n);
    expect(values.every((value) => value < n)).toBe(true);
  });

  it('fills between bounds whose distance is beyond the largest number', () => {
    const values = new Float64Array(1000);
    createGenerator(7).fillUniform(values, -1.7e308, 1.7e308);
    const shares = values.map((x) => x / 1.7e308);
    expect(Math.abs(moment(shares, 1))).toBeLessThan(4 * Math.sqrt(1 / 3 / 1000));
    expect(Math.abs(moment(shares, 2) - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / 1000));
  });

  it('refuses impossible ranges', () => {
    const generator = createGenerator(0);
    expect(() => generator.integer(0)).toThrow('random: integer(n) got n = 0, expected an integer from 1 to');
    expect(() => generator.integer(2.5)).toThrow('got n = 2.5');
    expect(() => generator.fillIntegers(new Int32Array(1), 2 ** 31 + 1)).toThrow(
      'fillIntegers(array, n) got n = 2147483649, expected an integer from 1 to 2147483648',
    );
    const fill = (low: number, high: number) => () => generator.fillUniform(new Float32Array(1), low, high);
    expect(fill(1, -1)).toThrow('low 1 and high -1');
    expect(fill(-Infinity, 0)).toThrow('low -Infinity');
    expect(fill(0, Infinity)).toThrow('high Infinity');
    expect(fill(Number.NaN, 0)).toThrow('low NaN');
    const before = generator.state();
    expect(() => generator.fillIntegers(new Int32Array(1), 0)).toThrow('got n = 0');
    expect(generator.state()).toEqual(before);
  });
});

describe('state', () => {
  it.each([0, 1, 2, 3])('continues with the same bits after %d normals, through JSON', (drawn) => {
    const generator = createGenerator(11);
    for (let i = 0; i < drawn; i += 1) generator.normal();
    const saved = generator.state();
    expect(saved.spare === null).toBe(drawn % 2 === 0);
    const expected = [...take(5, () => generator.normal()), generator.uniform(), generator.integer(99)];

    const other = createGenerator(12);
    other.normal();
    other.restore(through(saved));
    const fresh = generatorFromState(through(saved));
    for (const copy of [other, fresh]) {
      expect([...take(5, () => copy.normal()), copy.uniform(), copy.integer(99)]).toEqual(expected);
    }
  });

  it('is a copy that later draws leave alone', () => {
    const generator = createGenerator(13);
    const saved = generator.state();
    const before = JSON.stringify(saved);
    generator.normal();
    expect(JSON.stringify(saved)).toBe(before);
    expect(JSON.stringify(generator.state())).not.toBe(before);
  });

  it('refuses what is no state', () => {
    expect(restored({ words: [1, 2, 3], spare: null })).toThrow(
      'state.words is 3 entries, expected 4 integers',
    );
    expect(restored({ spare: null })).toThrow('state.words is undefined');
    expect(restored({ words: [0, 0, 0, 0], spare: null })).toThrow('all 0');
    expect(restored({ words: [1, 2.5, 3, 4], spare: null })).toThrow('state.words[1] is 2.5');
    expect(restored({ words: [1, 2, 3, 4] })).toThrow('state.spare is undefined');
    expect(restored({ words: [1, 2, 3, 4], spare: Number.NaN })).toThrow('state.spare is NaN');
  });

  it('leaves the generator as it was when restore refuses', () => {
    const generator = createGenerator(14);
    const before = generator.state();
    expect(() => generator.restore({ words: [0, 0, 0, 0], spare: null })).toThrow('all 0');
    expect(generator.state()).toEqual(before);
  });
});

describe('stream', () => {
  it('starts at the seed itself and differs for every index and seed', () => {
    expect(uniforms(stream(21, 0))).toEqual(uniforms(createGenerator(21)));
    const starts = [0, 1, 2, 3].flatMap((index) => [stream(21, index), stream(22, index)]);
    expect(new Set(starts.flatMap((generator) => uniforms(generator))).size).toBe(8 * 8);
  });

  it('puts neighbouring streams one jump apart', () => {
    const bits = xoroshiro128plusFromState(stream(23, 1).state().words);
    bits.jump();
    expect(stream(23, 2).state().words).toEqual(bits.getState());
  });

  it('shows no correlation between streams', () => {
    const [a, b] = [stream(24, 1), stream(24, 2)];
    let product = 0;
    for (let i = 0; i < 50_000; i += 1) product += a.normal() * b.normal();
    expect(Math.abs(product / 50_000)).toBeLessThan(4 / Math.sqrt(50_000));
  });

  it.each([-1, 1.5, 65_536])('refuses index %d', (index) => {
    expect(() => stream(0, index)).toThrow(`random: stream index is ${index}, expected an integer from 0`);
  });
});
