import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { checkNStep } from './n-step.ts';
import { replayBuffer } from './replay-buffer.ts';

interface Recorded {
  readonly observation: number;
  readonly reward: number;
  readonly next: number;
  readonly terminated: number;
  readonly done: number;
  readonly environment: number;
}

/**
 * A course of several environments with random ends. Environments report in order, some steps without one of them, as a
 * next-step autoreset leaves them out. Observations are all different, so that each names its transition.
 */
function course(environments: number, count: number, seed: number): Recorded[] {
  const generator = createGenerator(seed);
  const recorded: Recorded[] = [];
  const current = Array.from({ length: environments }, (_, i) => i);
  let fresh = environments;
  for (let i = 0; recorded.length < count; i += 1) {
    const environment = i % environments;
    if (generator.uniform() < 0.1) continue;
    const next = (fresh += 1);
    const terminated = Number(generator.uniform() < 0.1);
    const done = Number(terminated === 1 || generator.uniform() < 0.1);
    const observation = current[environment] ?? Number.NaN;
    recorded.push({ observation, reward: generator.integer(9), next, terminated, done, environment });
    current[environment] = done ? (fresh += 1) : next;
  }
  return recorded;
}

const transitionsOf = (part: readonly Recorded[]) => ({
  observations: Float32Array.from(part, (one) => one.observation),
  actions: new Float32Array(part.length),
  rewards: Float32Array.from(part, (one) => one.reward),
  nextObservations: Float32Array.from(part, (one) => one.next),
  terminated: Uint8Array.from(part, (one) => one.terminated),
});

const originsOf = (part: readonly Recorded[]) => ({
  rows: Int32Array.from(part, (one) => one.environment),
  done: Uint8Array.from(part, (one) => one.done),
});

/** The n-step transition by its definition, from the list of all that was added. */
function expectedFrom(recorded: readonly Recorded[], start: number, steps: number, discount: number) {
  const first = recorded[start];
  const episode: Recorded[] = [];
  for (const one of recorded.slice(start)) {
    if (one.environment !== first?.environment) continue;
    episode.push(one);
    if (one.done || episode.length === steps) break;
  }
  const last = episode.at(-1);
  return {
    reward: episode.reduce((sum, { reward }, k) => sum + discount ** k * reward, 0),
    next: last?.next,
    terminated: last?.terminated,
    discount: last?.terminated ? 0 : discount ** episode.length,
    steps: episode.length,
  };
}

const sizes = { observationSize: 1, actionSize: 1 };

/** A step from an observation to the next number. */
const step = (environment: number, observation: number): Recorded => ({
  reward: 1,
  environment,
  terminated: 0,
  done: 0,
  observation,
  next: observation + 1,
});

const make = (steps: number, discount: number, capacity = 2) =>
  replayBuffer({ capacity, ...sizes, nStep: steps, discount, seed: 3 });

describe('n-step returns', () => {
  it.each([
    { environments: 1, steps: 3, capacity: 40, block: 1 },
    { environments: 3, steps: 3, capacity: 40, block: 3 },
    { environments: 5, steps: 5, capacity: 23, block: 7 },
    { environments: 4, steps: 1, capacity: 16, block: 4 },
    { environments: 7, steps: 4, capacity: 6, block: 5 },
    { environments: 2, steps: 50, capacity: 64, block: 64 },
  ])(
    'are those of the definition: $environments environments, n = $steps, $capacity rows, $block at a time',
    ({ environments, steps, capacity, block }) => {
      const discount = 0.5; // exact in float32
      const buffer = replayBuffer({ capacity, ...sizes, nStep: steps, discount, seed: 1 });
      const recorded = course(environments, 200, steps);
      const lengths = new Set<number>();
      let newestDrawn = false;
      for (let at = 0; at < recorded.length; at += block) {
        const part = recorded.slice(at, at + block);
        buffer.add(transitionsOf(part), originsOf(part));
        const added = recorded.slice(0, at + block);
        const batch = buffer.sample(30);
        for (let i = 0; i < 30; i += 1) {
          const start = added.findIndex(({ observation }) => observation === batch.observations[i]);
          expect(start).toBeGreaterThanOrEqual(Math.max(0, added.length - capacity));
          const expected = expectedFrom(added, start, steps, discount);
          expect(batch.rewards[i]).toBe(Math.fround(expected.reward));
          expect(batch.nextObservations[i]).toBe(expected.next);
          expect(batch.terminated[i]).toBe(expected.terminated);
          expect(batch.discounts[i]).toBe(Math.fround(expected.discount));
          lengths.add(expected.steps);
          newestDrawn ||= start === added.length - 1;
        }
      }
      expect(newestDrawn).toBe(true);
      expect(lengths.has(1)).toBe(true);
      if (capacity > environments) expect(lengths.has(Math.min(steps, 3))).toBe(true);
    },
  );

  it('bootstrap through truncation, not through termination', () => {
    const buffer = replayBuffer({ capacity: 4, ...sizes, nStep: 3, discount: 0.5, seed: 0 });
    const step = { reward: 1, environment: 0, terminated: 0, done: 0 };
    const episode = [
      { ...step, observation: 0, next: 1 },
      { ...step, observation: 1, next: 2, done: 1 },
      { ...step, observation: 5, next: 6, terminated: 1, done: 1 },
      { ...step, observation: 7, next: 8 },
    ];
    buffer.add(transitionsOf(episode), originsOf(episode));
    const { observations, rewards, discounts, nextObservations } = buffer.sample(64);
    const rows = new Map(
      [...observations].map((x, i) => [x, [rewards[i], discounts[i], nextObservations[i]]]),
    );
    expect(rows.get(0)).toEqual([1.5, 0.25, 2]);
    expect(rows.get(1)).toEqual([1, 0.5, 2]);
    expect(rows.get(5)).toEqual([1, 0, 6]);
    expect(rows.get(7)).toEqual([1, 0.5, 8]);
  });

  it('go on in a restored buffer as in the saved one, and end where episodes are ended', () => {
    const [one, other] = [make(4, 0.9, 20), make(4, 0.9, 20)];
    const recorded = course(3, 90, 8);
    one.add(transitionsOf(recorded.slice(0, 20)), originsOf(recorded.slice(0, 20)));
    one.add(transitionsOf(recorded.slice(20, 33)), originsOf(recorded.slice(20, 33)));
    other.restore(structuredClone(one.state()));
    for (let at = 33; at < 90; at += 3) {
      expect(structuredClone(other.sample(50))).toEqual(one.sample(50));
      const part = recorded.slice(at, at + 3);
      for (const buffer of [one, other]) buffer.add(transitionsOf(part), originsOf(part));
      expect(other.state()).toEqual(one.state());
    }
    one.endEpisodes();
    const apart = [{ ...course(1, 1, 1)[0], observation: 900, next: 901 }] as Recorded[];
    one.add(transitionsOf(apart), originsOf(apart));
    expect(one.state().previous?.at(-1)).toBe(0);
  });

  it('end where the episodes of some sub-environments are ended, and go on in the others', () => {
    const buffer = make(3, 1, 8);
    const both = (from: number) => [step(0, from), step(1, 10 + from)];
    buffer.add(transitionsOf(both(0)), originsOf(both(0)));
    buffer.endEpisodes([1]);
    buffer.add(transitionsOf([step(0, 1), step(1, 50)]), originsOf([step(0, 1), step(1, 50)]));
    expect([...(buffer.state().previous ?? [])]).toEqual([0, 0, 2, 0]);
  });

  it.each([
    [2, 3],
    // As far back as the capacity it lay in this very row.
    [3, 0],
  ])('link a predecessor with %i transitions between by %i, of 4 rows', (between, distance) => {
    const buffer = replayBuffer({ capacity: 4, ...sizes, nStep: 2, discount: 1, seed: 0 });
    const others = Array.from({ length: between }, (_, i) => step(1, 10 + i));
    for (const taken of [step(0, 0), ...others, step(0, 1)])
      buffer.add(transitionsOf([taken]), originsOf([taken]));
    expect(buffer.state().previous?.at(-1)).toBe(distance);
    // A state that it can be restored from.
    buffer.restore(buffer.state());
  });

  it('refuse origins that do not fit, and add nothing', () => {
    const buffer = replayBuffer({ capacity: 8, ...sizes, nStep: 2, discount: 1, seed: 0 });
    const step = { reward: 1, environment: 0, terminated: 0, done: 0 };
    const two = [
      { ...step, observation: 0, next: 1 },
      { ...step, observation: 1, next: 2 },
    ];
    const transitions = transitionsOf(two);
    const origins = originsOf(two);
    expect(() => buffer.add(transitions)).toThrow('add got no origins');
    expect(() => buffer.add(transitions, { ...origins, done: [0] })).toThrow(
      'origins.done has 1 entries, expected 2',
    );
    expect(() => buffer.add(transitions, { ...origins, rows: [0, -1] })).toThrow(
      'origins.rows is -1 in entry 1',
    );
    expect(() => buffer.add(transitions, { ...origins, rows: [0, 2 ** 20] })).toThrow(
      'origins.rows is 1048576 in entry 1',
    );
    expect(() => buffer.add({ ...transitions, terminated: Uint8Array.of(0, 1) }, origins)).toThrow(
      'origins.done is 0 in entry 1, where terminated is 1',
    );
    const gap = transitionsOf([two[0] ?? fail(), { ...step, observation: 9, next: 10 }]);
    expect(() => buffer.add(gap, origins)).toThrow(
      'transition 1 of sub-environment 0 begins at another observation than the one before it led to',
    );
    expect(buffer.size).toBe(0);
    buffer.add(transitions, origins);
    expect(() => buffer.add(transitions, origins)).toThrow('transition 0 of sub-environment 0 begins at');
    expect(buffer.size).toBe(2);
  });

  it('refuse options out of range', () => {
    expect(() => make(0, 1)).toThrow('nStep is 0, expected a positive integer');
    expect(() => make(1, 1.1)).toThrow('replay: discount is 1.1, expected a number from 0 to 1');
    expect(() => checkNStep(2, 2 ** 24)).not.toThrow();
    expect(() => make(2, 1, 2 ** 25)).toThrow(
      'capacity is 33554432, expected at most 16777216 with nStep above 1',
    );
  });
});

function fail(): never {
  throw new Error('the test has no such entry');
}
