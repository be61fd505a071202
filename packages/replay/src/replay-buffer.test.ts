import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { replayBuffer } from './replay-buffer.ts';
import { type TransitionBatch, type TransitionRows, type Transitions } from './transition-batch.ts';

const sizes = { observationSize: 2, actionSize: 3 };
const make = (capacity: number, seed = 0) => replayBuffer({ capacity, ...sizes, discount: 0.9, seed });

/** Transitions first, first + 1, ...; every number says which transition, field and entry it belongs to. */
function numbered(first: number, count: number): Transitions {
  const rows = (width: number, offset: number) =>
    Float64Array.from(
      { length: count * width },
      (_, i) => 16 * (first + Math.floor(i / width)) + offset + (i % width),
    );
  return {
    observations: rows(2, 0),
    actions: rows(3, 2),
    rewards: rows(1, 5),
    nextObservations: rows(2, 6),
    terminated: Uint8Array.from({ length: count }, (_, i) => (first + i) % 2),
  };
}

const asFloats = (transitions: Transitions): TransitionRows => ({
  observations: Float32Array.from(transitions.observations),
  actions: Float32Array.from(transitions.actions),
  rewards: Float32Array.from(transitions.rewards),
  nextObservations: Float32Array.from(transitions.nextObservations),
  terminated: Float32Array.from(transitions.terminated),
});

const numberOf = (reward: number) => (reward - 5) / 16;

const copyOf = (batch: TransitionBatch) => structuredClone(batch);

describe('add', () => {
  it('keeps what it was given, row by row', () => {
    const buffer = make(8);
    buffer.add(numbered(0, 3));
    buffer.add(numbered(3, 2));
    expect(buffer.size).toBe(5);
    expect(buffer.state().transitions).toEqual(asFloats(numbered(0, 5)));
  });

  it.each([
    { added: [3, 3, 3], kept: [4, 5, 6, 7, 8] },
    { added: [5], kept: [0, 1, 2, 3, 4] },
    { added: [4, 5], kept: [4, 5, 6, 7, 8] },
    { added: [1, 1, 1, 1, 1, 1], kept: [1, 2, 3, 4, 5] },
    { added: [2, 0, 2], kept: [0, 1, 2, 3] },
  ])('wraps around: $added into 5 rows keeps $kept', ({ added, kept }) => {
    const buffer = make(5);
    let next = 0;
    for (const count of added) {
      buffer.add(numbered(next, count));
      next += count;
    }
    const { transitions, first } = buffer.state();
    expect([first, buffer.added, buffer.size]).toEqual([kept[0], next, kept.length]);
    const expected = kept.map((number) => asFloats(numbered(number, 1)));
    for (const field of ['observations', 'actions', 'rewards', 'nextObservations', 'terminated'] as const) {
      expect([...transitions[field]]).toEqual(expected.flatMap((row) => Array.from(row[field])));
    }
  });

  it('takes float32 rows as they are', () => {
    const buffer = make(4);
    buffer.add(asFloats(numbered(0, 4)));
    expect(buffer.state().transitions).toEqual(asFloats(numbered(0, 4)));
  });

  it('refuses rows of the wrong size and more rows than fit', () => {
    const buffer = make(4);
    expect(() => buffer.add({ ...numbered(0, 2), actions: new Float32Array(4) })).toThrow(
      'replay: actions has 4 entries, expected 6 for 2 rewards. Give one row of actionSize = 3 entries per transition.',
    );
    expect(() => buffer.add({ ...numbered(0, 2), terminated: new Float32Array(1) })).toThrow(
      'replay: terminated has 1 entries, expected 2 for 2 rewards. Give one entry per transition.',
    );
    expect(() => buffer.add(numbered(0, 5))).toThrow(
      'replay: add got 5 transitions, expected at most the capacity 4.',
    );
  });

  it.each([
    ['nextObservations', 3, Number.NaN, 'nextObservations is NaN in row 1, entry 1'],
    [
      'observations',
      0,
      Number.NEGATIVE_INFINITY,
      'observations is -Infinity in row 0, entry 0, expected a finite 32-bit float. Look at the environment that gave it.',
    ],
    [
      'actions',
      4,
      Number.NaN,
      'actions is NaN in row 1, entry 1, expected a finite 32-bit float. Look at what chose the action.',
    ],
    ['rewards', 1, 1e39, 'rewards is 1e+39 in row 1, entry 0'],
    ['terminated', 1, 0.5, 'terminated is 0.5 in row 1, entry 0'],
  ] as const)('refuses a bad number in %s and adds nothing', (field, index, value, message) => {
    const buffer = make(4);
    const transitions = numbered(0, 2);
    const bad = Float64Array.from(transitions[field]);
    bad[index] = value;
    expect(() => buffer.add({ ...transitions, [field]: bad })).toThrow(`replay: ${message}`);
    expect(buffer.size).toBe(0);
  });
});

describe('sample', () => {
  it('draws every transition equally often (chi-square, 19 degrees of freedom)', () => {
    const buffer = make(20, 1);
    buffer.add(numbered(0, 15));
    buffer.add(numbered(15, 12)); // wrapped: 7 to 26 are held
    const counts = new Float64Array(27);
    for (let i = 0; i < 400; i += 1) {
      for (const reward of buffer.sample(100).rewards) {
        counts[numberOf(reward)] = (counts[numberOf(reward)] ?? 0) + 1;
      }
    }
    expect([...counts.subarray(0, 7)]).toEqual([0, 0, 0, 0, 0, 0, 0]);
    const chiSquare = counts.subarray(7).reduce((sum, n) => sum + (n - 2000) ** 2 / 2000, 0);
    expect(chiSquare).toBeLessThan(43.8); // exceeded once in 1000 seeds
    expect(chiSquare).toBeGreaterThan(5.4); // and below this as rarely
  });

  it('draws only what has been added while the buffer fills', () => {
    const buffer = make(1000, 2);
    buffer.add(numbered(0, 3));
    const numbers = new Set([...buffer.sample(200).rewards].map(numberOf));
    expect([...numbers].toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
  });

  it('keeps the fields of a transition together', () => {
    const buffer = make(50, 3);
    buffer.add(numbered(0, 50));
    const batch = buffer.sample(40);
    for (let i = 0; i < 40; i += 1) {
      const row = asFloats(numbered(numberOf(batch.rewards[i] ?? Number.NaN), 1));
      expect(batch.observations.slice(2 * i, 2 * i + 2)).toEqual(row.observations);
      expect(batch.actions.slice(3 * i, 3 * i + 3)).toEqual(row.actions);
      expect(batch.nextObservations.slice(2 * i, 2 * i + 2)).toEqual(row.nextObservations);
      expect(batch.terminated[i]).toBe(row.terminated[0]);
    }
  });

  it('gathers wide rows as it does narrow ones', () => {
    const buffer = replayBuffer({
      capacity: 30,
      observationSize: 100,
      actionSize: 1,
      discount: 0.9,
      seed: 9,
    });
    const observations = Float32Array.from({ length: 3000 }, (_, i) => i);
    const nextObservations = observations.map((x) => x + 0.5);
    const narrow = { actions: new Float32Array(30), terminated: new Float32Array(30) };
    buffer.add({
      ...narrow,
      observations,
      nextObservations,
      rewards: Float32Array.from({ length: 30 }, (_, i) => i),
    });
    const batch = buffer.sample(8);
    for (const [i, row] of batch.rewards.entries()) {
      const [from, to] = [row * 100, row * 100 + 100];
      expect(batch.observations.slice(i * 100, i * 100 + 100)).toEqual(observations.slice(from, to));
      expect(batch.nextObservations.slice(i * 100, i * 100 + 100)).toEqual(nextObservations.slice(from, to));
    }
  });

  it('reuses its batch', () => {
    const buffer = make(10, 4);
    buffer.add(numbered(0, 10));
    const first = buffer.sample(6);
    const arrays = Object.values(first);
    const second = buffer.sample(6);
    expect(second).toBe(first);
    for (const [i, array] of Object.values(second).entries()) expect(array).toBe(arrays[i]);
  });

  it('repeats itself with the same seed or generator', () => {
    const generator = createGenerator(5);
    const buffers = [
      make(10, 5),
      make(10, 5),
      replayBuffer({ capacity: 10, ...sizes, discount: 0.9, generator }),
      make(10, 6),
    ];
    const batches = buffers.map((buffer) => {
      buffer.add(numbered(0, 10));
      return copyOf(buffer.sample(20));
    });
    expect(batches[1]).toEqual(batches[0]);
    expect(batches[2]).toEqual(batches[0]);
    expect(batches[3]).not.toEqual(batches[0]);
  });

  it('refuses an empty buffer and impossible counts', () => {
    const buffer = make(4);
    expect(() => buffer.sample(1)).toThrow('replay: sample was called on an empty buffer.');
    buffer.add(numbered(0, 1));
    expect(() => buffer.sample(0)).toThrow('sample(n) got n = 0, expected a positive integer');
    expect(() => buffer.updatePriorities([0], [1])).toThrow('a buffer that draws uniformly');
  });
});

describe('state', () => {
  it('restores to the same batches ever after, in a buffer that held something else', () => {
    const buffer = make(7, 7);
    buffer.add(numbered(0, 5));
    buffer.add(numbered(5, 4));
    buffer.sample(3);
    const state = buffer.state();

    const other = make(7, 8);
    other.add(numbered(90, 7));
    other.restore(state);
    expect(other.size).toBe(7);
    for (let round = 0; round < 3; round += 1) {
      expect(copyOf(other.sample(5))).toEqual(copyOf(buffer.sample(5)));
      other.add(numbered(20 + round, 2));
      buffer.add(numbered(20 + round, 2));
      expect(other.state()).toEqual(buffer.state());
    }
  });

  it('is a copy, and holds only the rows in use', () => {
    const buffer = make(100);
    buffer.add(numbered(0, 2));
    const state = buffer.state();
    buffer.add(numbered(2, 90));
    expect(state.transitions).toEqual(asFloats(numbered(0, 2)));
  });

  it('gives what was added from a number on', () => {
    const buffer = make(5);
    buffer.add(numbered(0, 4));
    buffer.add(numbered(4, 4)); // rows 3 and 4, then 0 to 2
    expect(buffer.state({ from: 4 }).transitions).toEqual(asFloats(numbered(4, 4)));
    expect(buffer.state({ from: 8 }).transitions.rewards).toEqual(new Float32Array(0));
    for (const from of [2, 9, 3.5]) {
      expect(() => buffer.state({ from })).toThrow(
        `from = ${from}, expected a number from 3, the oldest transition held, to 8`,
      );
    }
  });

  it('refuses a state of another buffer or a damaged one, and stays as it was', () => {
    const buffer = make(5);
    buffer.add(numbered(0, 3));
    const before = buffer.state();
    expect(() => buffer.restore({ ...before, capacity: 0.5 })).toThrow('state with capacity = 0.5, expected');
    expect(() => buffer.restore({ ...before, added: 2.5 })).toThrow('added = 2.5, expected a count');
    expect(() => buffer.restore({ ...before, added: -1 })).toThrow('added = -1, expected a count');
    expect(() => buffer.restore({ ...before, added: 2 ** 60 })).toThrow('expected a count');
    expect(() => buffer.restore({ ...before, discount: 0.5 })).toThrow(
      `state with discount = 0.5, expected ${buffer.discount}. Make the buffer with the options of the one that was saved.`,
    );
    expect(() => buffer.restore({ ...before, nStep: 3 })).toThrow('state with nStep = 3, expected 1.');
    expect(() => buffer.restore({ ...before, added: 2 })).toThrow(
      'transitions 0 to 2, expected transitions from 0 to at most 1',
    );
    expect(() => buffer.restore({ ...before, added: 4 })).toThrow('transitions up to 2, expected up to 3');
    expect(() => buffer.restore(buffer.state({ from: 1 }))).toThrow('transitions 1 to 2, expected');
    expect(() => buffer.restore({ ...before, lasts: [] })).toThrow(
      'a state with nStep, expected one without',
    );
    expect(() => buffer.restore({ ...before, generator: { words: [0, 0, 0, 0], spare: null } })).toThrow(
      'all 0',
    );
    expect(buffer.state()).toEqual(before);
    // From before they were kept.
    buffer.restore({ ...before, discount: undefined, nStep: undefined });
    expect(buffer.state()).toEqual(before);
  });
});

describe('discounts', () => {
  it.each([0, 0.9, 0.99, 1])(
    'are float32(γ (1 − terminated)) of every transition drawn: γ = %d',
    (discount) => {
      const buffer = replayBuffer({ capacity: 50, ...sizes, discount, seed: 3 });
      buffer.add(numbered(0, 50));
      const batch = buffer.sample(40);
      // Every second transition terminates.
      const expected = Array.from(batch.rewards, (reward) =>
        numberOf(reward) % 2 === 1 ? 0 : Math.fround(discount),
      );
      expect(Array.from(batch.discounts)).toEqual(expected);
      expect(new Set(expected).size).toBe(discount === 0 ? 1 : 2);
      batch.discounts.fill(7);
      expect(buffer.sample(40)).toBe(batch);
      expect(batch.discounts).toEqual(batch.terminated.map((ended) => discount * (1 - ended)));
    },
  );

  it('need a γ in [0, 1]', () => {
    for (const discount of [-0.1, 1.1, Number.NaN])
      expect(() => replayBuffer({ capacity: 1, ...sizes, discount, seed: 0 })).toThrow(
        `replay: discount is ${discount}, expected a number from 0 to 1.`,
      );
  });
});

it('refuses sizes that are no sizes', () => {
  expect(() => replayBuffer({ capacity: 0, ...sizes, discount: 0.9, seed: 0 })).toThrow(
    'replay: capacity is 0',
  );
  expect(() =>
    replayBuffer({ capacity: 1, observationSize: 1.5, actionSize: 1, discount: 0.9, seed: 0 }),
  ).toThrow('replay: observationSize is 1.5');
});

it('says how much memory there is none for', () => {
  expect(() => replayBuffer({ capacity: 1e13, ...sizes, discount: 0.9, seed: 0 })).toThrow(
    /replay: 10000000000000 transitions take \d+\.0 GB, which can't be allocated\. Lower the capacity\./,
  );
});
