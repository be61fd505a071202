import { describe, expect, it } from 'vitest';

import { rolloutBufferBytes } from './rollout-buffer-bytes.ts';
import { rolloutBuffer } from './rollout-buffer.ts';

const sizes = { observationSize: 2, actionSize: 1 };
const make = (steps: number, numEnvs: number) => rolloutBuffer({ steps, numEnvs, ...sizes });

/** A step of some rows; every number says which step and row it is of. */
function step(
  at: number,
  rows: readonly number[],
  ends: Readonly<Record<number, 'terminated' | 'truncated'>> = {},
) {
  const of = (offset: number) => rows.map((row) => 100 * at + 10 * row + offset);
  return {
    transitions: {
      observations: Float64Array.from(of(0).flatMap((x) => [x, x + 1])),
      actions: Float64Array.from(of(2)),
      rewards: Float64Array.from(of(3)),
      nextObservations: Float64Array.from(of(4).flatMap((x) => [x, x])),
      terminated: Uint8Array.from(rows, (row) => Number(ends[row] === 'terminated')),
    },
    origins: { rows, done: rows.map((row) => Number(ends[row] !== undefined)) },
    finalValues: of(7),
  };
}

/** By row of the vector environment. */
const acted = (at: number, numEnvs: number, finalValues: readonly number[]) => ({
  logProbs: Array.from({ length: numEnvs }, (_, row) => 100 * at + 10 * row + 5),
  values: Array.from({ length: numEnvs }, (_, row) => 100 * at + 10 * row + 6),
  finalValues,
});

function addStep(
  buffer: ReturnType<typeof make>,
  at: number,
  rows: readonly number[],
  ends?: Readonly<Record<number, 'terminated' | 'truncated'>>,
) {
  const { transitions, origins, finalValues } = step(at, rows, ends);
  const values = acted(at, buffer.numEnvs, finalValues);
  buffer.follow(values.values);
  buffer.add(transitions, origins, values);
}

describe('a rollout', () => {
  it('has what was added by step and sub-environment, with the values of where each transition led', () => {
    const buffer = make(3, 2);
    addStep(buffer, 0, [0, 1]);
    addStep(buffer, 1, [0, 1], { 0: 'truncated', 1: 'terminated' });
    expect([buffer.size, buffer.isFull]).toEqual([4, false]);
    addStep(buffer, 2, [0, 1]);
    expect([buffer.size, buffer.isFull]).toEqual([6, true]);
    buffer.follow([1000, 2000]);
    const { observations, actions, logProbs, values, rewards, nextValues, terminated, done } =
      buffer.rollout();
    expect([...observations]).toEqual([0, 1, 10, 11, 100, 101, 110, 111, 200, 201, 210, 211]);
    expect([...actions]).toEqual([2, 12, 102, 112, 202, 212]);
    expect([...rewards]).toEqual([3, 13, 103, 113, 203, 213]);
    expect([...logProbs]).toEqual([5, 15, 105, 115, 205, 215]);
    expect([...values]).toEqual([6, 16, 106, 116, 206, 216]);
    // Of the next step; of the last observation where truncated; 0 where nothing follows; of where the rollout stops.
    expect([...nextValues]).toEqual([106, 116, 107, 0, 1000, 2000]);
    expect([...terminated]).toEqual([0, 0, 0, 1, 0, 0]);
    expect([...done]).toEqual([0, 0, 1, 1, 0, 0]);
  });

  it('waits for sub-environments that lag behind, and leaves out what the others do meanwhile', () => {
    const buffer = make(2, 2);
    addStep(buffer, 0, [0, 1], { 1: 'terminated' });
    addStep(buffer, 1, [0]);
    addStep(buffer, 2, [0, 1]);
    expect(buffer.isFull).toBe(true);
    buffer.follow([3000, 4000]);
    const { rewards, nextValues } = buffer.rollout();
    expect([...rewards]).toEqual([3, 13, 103, 213]);
    // Row 0 went on from its second transition at step 2.
    expect([...nextValues]).toEqual([106, 0, 206, 4000]);
  });

  it('begins anew after clear, and remembers observations until they are overwritten, saved or not', () => {
    const buffer = make(1, 2);
    expect(buffer.newestObservations(5)).toEqual(new Float32Array(0));
    addStep(buffer, 1, [0, 1]);
    buffer.follow([0, 0]);
    buffer.clear();
    expect([buffer.size, buffer.isFull]).toEqual([0, false]);
    const resumed = make(1, 2);
    resumed.restore(buffer.state());
    expect(resumed.state()).toEqual(buffer.state());
    for (const either of [buffer, resumed]) {
      expect([...either.newestObservations(1)]).toEqual([110, 111]);
      addStep(either, 2, [0]);
      expect([...either.newestObservations(5)]).toEqual([110, 111, 200, 201]);
      expect([...either.newestObservations(1)]).toEqual([200, 201]);
    }
    const { columns } = buffer.state();
    const observations = columns.observations.slice(2);
    expect(() =>
      resumed.restore({ ...buffer.state(), counts: [0, 0], columns: { ...columns, observations } }),
    ).toThrow(RangeError);
  });

  it('reports no row that was never written, where one sub-environment has all of its steps before another', () => {
    const [buffer, resumed] = [make(2, 2), make(2, 2)];
    addStep(buffer, 1, [0, 1]);
    buffer.follow([0, 0]);
    addStep(buffer, 2, [0]);
    const { hasEarlier: _, ...ofEarlierVersion } = buffer.state();
    for (const state of [buffer.state(), ofEarlierVersion]) {
      resumed.restore(state);
      expect([...resumed.newestObservations(5)]).toEqual([100, 101, 110, 111, 200, 201]);
    }
  });

  it('goes on from a saved state as if nothing had been', () => {
    const [whole, resumed] = [make(3, 2), make(3, 2)];
    addStep(whole, 0, [0, 1]);
    addStep(whole, 1, [0, 1], { 0: 'truncated' });
    addStep(resumed, 7, [0, 1]);
    resumed.restore(whole.state());
    expect(resumed.state()).toEqual(whole.state());
    for (const buffer of [whole, resumed]) {
      addStep(buffer, 2, [0, 1]);
      buffer.follow([8, 9]);
    }
    expect(resumed.rollout()).toEqual(whole.rollout());
  });
});

/** Adds a transition with these flags, which must leave the buffer as it is. */
function addEnds(done: number, terminated: number) {
  const buffer = make(2, 1);
  const { transitions, finalValues } = step(0, [0]);
  const flagged = { ...transitions, terminated: Uint8Array.of(terminated) };
  try {
    buffer.add(flagged, { rows: [0], done: [done] }, acted(0, 1, finalValues));
  } finally {
    expect(buffer.size).toBe(0);
  }
}

/** Restores the state of a buffer with one transition, some of it replaced. */
function restoreWith(
  columns: Readonly<Record<string, Float32Array>>,
  flags?: { readonly terminated: readonly number[]; readonly done: readonly number[] },
) {
  const buffer = make(2, 1);
  addStep(buffer, 0, [0]);
  const state = buffer.state();
  make(2, 1).restore({
    ...state,
    flags: flags ?? state.flags,
    columns: { ...state.columns, ...columns },
  });
}

it('takes as many bytes as are foretold', () => {
  const buffer = make(5, 3);
  for (let at = 0; at < 5; at += 1) addStep(buffer, at, [0, 1, 2]);
  buffer.follow([0, 0, 0]);
  const { steps: _, numEnvs: __, ...arrays } = buffer.rollout();
  const bytes = Object.values(arrays).reduce((total, { byteLength }) => total + byteLength, 0);
  expect(rolloutBufferBytes({ steps: 5, numEnvs: 3, ...sizes })).toBe(bytes);
});

describe('what does not fit', () => {
  it.each([
    [() => make(0, 1), 'steps of a rollout is 0, expected a positive integer'],
    [() => make(1, 1.5), 'numEnvs of a rollout is 1.5, expected a positive integer'],
    [() => make(1, 1).rollout(), 'it holds 0 transitions, expected 1'],
    [() => make(1, 2).follow([1]), 'follow got 1 values, expected 2'],
    [() => addStep(make(2, 1), 0, [1]), 'transition 0 is of row 1, expected one of 1 rows'],
    [
      () => addStep(make(2, 2), 0, [1, 1]),
      'add got two transitions of one sub-environment, of rows 1, 1. Add those',
    ],
    [() => addEnds(2, 0), 'done is 2 in entry 0, expected 0 or 1'],
    [() => addEnds(Number.NaN, 0), 'done is NaN in entry 0, expected 0 or 1'],
    [() => addEnds(0, 1), 'done is 0 in entry 0, where terminated is 1. Give 1'],
    [() => make(1, 1).follow([Number.NaN]), 'follow got NaN in entry 0, expected a finite number'],
    [() => restoreWith({ rewards: Float32Array.of(Number.NaN) }), 'a state with NaN in entry 0 of rewards'],
    [() => restoreWith({}, { terminated: [1], done: [0] }), 'a termination in entry 0 that ends no episode'],
    [() => make(2, 1).restore(make(2, 2).state()), 'a state with numEnvs = 2, expected 1'],
    [
      () => make(2, 1).restore({ ...make(2, 1).state(), counts: [3] }),
      'counts 3, expected 1 of them from 0 to 2',
    ],
    [() => make(2, 1).restore({ ...make(2, 1).state(), counts: [1] }), '0 flags terminated, expected 1'],
  ])('is refused, %#', (act, message) => {
    expect(act).toThrow(RangeError);
    expect(act).toThrow(message);
  });

  it('leaves the buffer as it was: numbers that are not finite, and values that are missing', () => {
    const buffer = make(2, 1);
    const { transitions, origins, finalValues } = step(0, [0]);
    const bad = { ...transitions, rewards: Float64Array.of(Number.NaN) };
    const known = acted(0, 1, finalValues);
    expect(() => buffer.add(bad, origins, known)).toThrow('rewards is NaN in row 0');
    expect(() => buffer.add(transitions, origins, { ...known, values: [Infinity] })).toThrow(
      'values is Infinity in entry 0, expected a finite number. Look at the policy',
    );
    expect(() => buffer.add(transitions, origins, { ...known, finalValues: [] })).toThrow(
      'finalValues has 0 entries, expected 1',
    );
    expect(buffer.size).toBe(0);
    buffer.add(transitions, origins, known);
    expect(() => buffer.add(transitions, origins, known)).toThrow('Call follow(values) first');
    expect(buffer.size).toBe(1);
  });
});
