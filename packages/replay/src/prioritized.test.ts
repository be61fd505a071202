import { describe, expect, it } from 'vitest';

import type { PrioritizedOptions } from './prioritized.ts';
import { replayBuffer } from './replay-buffer.ts';

const sizes = { observationSize: 1, actionSize: 1 };

const make = (capacity: number, prioritized: PrioritizedOptions = {}, seed = 0) =>
  replayBuffer({ capacity, ...sizes, discount: 0.9, prioritized, seed });

/** A buffer with n-step returns as well. */
const both = (seed: number) =>
  replayBuffer({ capacity: 6, ...sizes, nStep: 2, discount: 0.5, prioritized: {}, seed });

/** Transitions first, first + 1, ... that carry their number as the reward. */
const numbered = (first: number, count: number) => ({
  observations: new Float32Array(count),
  actions: new Float32Array(count),
  rewards: Float32Array.from({ length: count }, (_, i) => first + i),
  nextObservations: new Float32Array(count),
  terminated: new Uint8Array(count),
});

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('prioritized sampling', () => {
  it('draws from each stratum with the exact probabilities (chi-square per stratum)', () => {
    const strata = 4;
    const batches = 20_000;
    const buffer = make(9, { alpha: 0.5 }, 3);
    buffer.add(numbered(0, 9));
    buffer.add(numbered(9, 4)); // 4 to 12 are held
    const errors = range(4, 13).map((number) => ((number * 7) % 10) ** 2);
    buffer.updatePriorities(range(4, 13), errors);

    // Row by row, as the sum tree lies: where each transition's part of the total begins and ends.
    const rows = range(0, 9).map((row) => (row < 4 ? row + 9 : row));
    const values = rows.map((number) => Math.fround((((number * 7) % 10) ** 2 + 1e-6) ** 0.5));
    const total = values.reduce((sum, value) => sum + value, 0);
    const counts = range(0, strata).map(() => new Float64Array(13));
    for (let i = 0; i < batches; i += 1) {
      for (const [stratum, number] of buffer.sample(strata).rewards.entries()) {
        const drawn = counts[stratum];
        if (drawn) drawn[number] = (drawn[number] ?? 0) + 1;
      }
    }
    let chiSquare = 0;
    let cells = 0;
    for (const [stratum, drawn] of counts.entries()) {
      let start = 0;
      for (const [i, value] of values.entries()) {
        const [low, high] = [(stratum * total) / strata, ((stratum + 1) * total) / strata];
        const overlap = Math.max(0, Math.min(high, start + value) - Math.max(low, start));
        const expected = (batches * overlap * strata) / total;
        const count = drawn[rows[i] ?? -1] ?? Number.NaN;
        if (overlap === 0) expect(count).toBe(0);
        else if (expected > 20) {
          chiSquare += (count - expected) ** 2 / expected;
          cells += 1;
        }
        start += value;
      }
    }
    // Each stratum has its sum fixed: one degree of freedom less than cells. Mean +- 3.3 standard deviations.
    const freedom = cells - strata;
    expect(freedom).toBeGreaterThan(5);
    expect(chiSquare).toBeLessThan(freedom + 3.3 * Math.sqrt(2 * freedom) + 4);
    expect(chiSquare).toBeGreaterThan(0.5);
  });

  it('weighs by (N P(i))^-beta over the largest of the batch', () => {
    const beta = 0.7;
    const buffer = make(8, { alpha: 0.6, beta, epsilon: 0.01 }, 1);
    buffer.add(numbered(0, 8));
    buffer.updatePriorities(range(0, 8), range(0, 8));
    const { rewards, weights, indices } = buffer.sample(30);
    expect([...(indices ?? [])]).toEqual([...rewards]);
    const powers = range(0, 8).map((error) => (error + 0.01) ** 0.6);
    const total = powers.reduce((sum, power) => sum + power, 0);
    const raw = [...rewards].map((number) => ((8 * (powers[number] ?? 0)) / total) ** -beta);
    const largest = Math.max(...raw);
    for (const [i, weight] of raw.entries()) expect(weights?.[i]).toBeCloseTo(weight / largest, 5);
    expect(Math.max(...(weights ?? []))).toBe(1);
  });

  it('takes beta along its course, batch by batch, also after a restore', () => {
    const options = { alpha: 1, beta: { from: 0.4, to: 1, over: 4 }, epsilon: 1e-9 };
    const betaOf = (buffer: ReturnType<typeof make>) => {
      const { rewards, weights } = buffer.sample(64);
      return Math.log(weights?.[rewards.indexOf(1)] ?? 0) / Math.log(1 / 3);
    };
    const buffer = make(2, options, 1);
    buffer.add(numbered(0, 2));
    buffer.updatePriorities([0, 1], [1, 3]);
    const first = [betaOf(buffer), betaOf(buffer)];
    const restored = make(2, options, 9);
    restored.restore(buffer.state());
    const betas = [...first, betaOf(restored), betaOf(restored), betaOf(restored), betaOf(restored)];
    for (const [i, beta] of [0.4, 0.55, 0.7, 0.85, 1, 1].entries()) expect(betas[i]).toBeCloseTo(beta, 5);
  });

  it('gives new transitions the largest priority so far', () => {
    const buffer = make(4, { alpha: 1 });
    buffer.add(numbered(0, 2));
    expect([...(buffer.state().priorities?.values ?? [])]).toEqual([1, 1]);
    buffer.updatePriorities([0, 1], [8, 0.5]);
    buffer.updatePriorities([0], [2]);
    buffer.add(numbered(2, 1));
    const values = buffer.state().priorities?.values ?? [];
    for (const [i, value] of [2, 0.5, 8].entries()) expect(values[i]).toBeCloseTo(value, 5);
  });

  it('passes over transitions that were overwritten since they were drawn', () => {
    const buffer = make(3, { alpha: 1 });
    buffer.add(numbered(0, 3));
    const indices = Float64Array.from(buffer.sample(9).indices ?? []);
    buffer.add(numbered(3, 3));
    buffer.updatePriorities(
      indices,
      indices.map(() => 50),
    );
    expect([...(buffer.state().priorities?.values ?? [])]).toEqual([1, 1, 1]);
  });

  it('draws uniformly with alpha 0, and all weights are 1', () => {
    const buffer = make(5, { alpha: 0 }, 2);
    buffer.add(numbered(0, 5));
    buffer.updatePriorities(range(0, 5), [0, 1, 10, 100, 1000]);
    const { rewards, weights } = buffer.sample(5);
    expect([...rewards]).toEqual([0, 1, 2, 3, 4]);
    expect([...(weights ?? [])]).toEqual([1, 1, 1, 1, 1]);
  });

  it.each([
    [[0, 1], [1], '1 TD errors, expected 2'],
    [[0, 1], [1, Number.NaN], 'TD error NaN in entry 1'],
    [[0, 1], [-1e-9, 1], 'TD error -1e-9 in entry 0'],
    [[0, 1], [1, 1e39], 'TD error 1e+39 in entry 1'],
    [[0, 2], [1, 1], 'index 2 in entry 1, expected an integer from 0 to 1'],
    [[0.5, 1], [1, 1], 'index 0.5 in entry 0'],
    [[0, -1], [1, 1], 'index -1 in entry 1'],
  ])('refuses indices %j with errors %j and changes nothing', (indices, errors, message) => {
    const buffer = make(4);
    buffer.add(numbered(0, 2));
    const before = buffer.state();
    expect(() => buffer.updatePriorities(indices, errors)).toThrow(`replay: updatePriorities got ${message}`);
    expect(buffer.state()).toEqual(before);
  });

  it('refuses options out of range and states of another alpha', () => {
    expect(() => make(2, { alpha: 2 })).toThrow('prioritized.alpha is 2, expected a number from 0 to 1');
    expect(() => make(2, { beta: Number.NaN })).toThrow('prioritized.beta is NaN');
    expect(() => make(2, { epsilon: 0 })).toThrow('prioritized.epsilon is 0');
    expect(() => make(2, { beta: { from: 0, to: 1, over: 0 } })).toThrow('prioritized.beta.over is 0');
    const { priorities, ...transitions } = make(2).state();
    expect(() => make(2, { alpha: 0.5 }).restore({ priorities, ...transitions })).toThrow(
      'a state with prioritized.alpha = 0.6, expected one with prioritized.alpha = 0.5',
    );
    expect(() => make(2).restore({ priorities: null, ...transitions })).toThrow(
      'a state with prioritized.alpha = none',
    );
  });

  it('goes together with n-step returns, in a restored buffer as in the saved one', () => {
    const buffer = both(1);
    const add = (first: number, count: number, to = [buffer]) => {
      for (const one of to)
        one.add(numbered(first, count), {
          rows: range(0, count).map(() => 0),
          done: range(0, count).map(() => 0),
        });
    };
    add(0, 6);
    add(6, 3);
    buffer.updatePriorities([3, 8], [100, 0]);
    const batch = buffer.sample(40);
    for (const [i, index] of (batch.indices ?? []).entries()) {
      expect(batch.rewards[i]).toBe(index === 8 ? 8 : index + 0.5 * (index + 1));
      expect(batch.discounts[i]).toBe(index === 8 ? 0.5 : 0.25);
    }
    const other = both(2);
    other.restore(buffer.state());
    for (let first = 9; first < 30; first += 1) {
      const drawn = structuredClone(other.sample(8));
      expect(drawn).toEqual(buffer.sample(8));
      for (const one of [buffer, other]) one.updatePriorities(drawn.indices ?? [], drawn.rewards);
      add(first, 1, [buffer, other]);
      expect(other.state()).toEqual(buffer.state());
    }
  });
});
