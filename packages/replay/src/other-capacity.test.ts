import { describe, expect, it } from 'vitest';

import type { ReplayBufferOptions } from './replay-buffer-options.ts';
import { replayBuffer, type ReplayBuffer } from './replay-buffer.ts';

type Kind = Pick<ReplayBufferOptions, 'nStep' | 'prioritized'>;

const KINDS: readonly (readonly [string, Kind])[] = [
  ['plain', {}],
  ['of three steps', { nStep: 3 }],
  ['by priority', { prioritized: {} }],
  ['of three steps, by priority', { nStep: 3, prioritized: {} }],
];

const make = (capacity: number, kind: Kind): ReplayBuffer =>
  replayBuffer({ capacity, observationSize: 1, actionSize: 1, discount: 0.9, ...kind, seed: 5 });

/** The k-th transition of two environments that take turns: where it is, how many steps before, and when episodes end. */
function add(buffer: ReplayBuffer, from: number, to: number): void {
  for (let k = from; k < to; k += 1) {
    // The episodes of environment 0 have 5 steps, those of environment 1 have 7.
    const done = Math.floor(k / 2) % (5 + 2 * (k % 2)) === 0;
    buffer.add(
      {
        observations: Float32Array.of(k),
        actions: Float32Array.of(-k),
        rewards: Float32Array.of(k / 8),
        nextObservations: Float32Array.of(k + 2),
        terminated: Uint8Array.of(Number(done && k % 3 === 0)),
      },
      { rows: [k % 2], done: [Number(done)] },
    );
  }
}

/** Draws a batch, learns from it, and gives a copy. */
function learn(buffer: ReplayBuffer) {
  const batch = structuredClone(buffer.sample(16));
  if (batch.indices) buffer.updatePriorities(batch.indices, batch.rewards.map(Math.abs));
  return batch;
}

async function* inParts(state: ReturnType<ReplayBuffer['state']>) {
  const { rewards } = state.transitions;
  for (let from = 0; from < rewards.length; from += 20) {
    const rows = (values: Float32Array) => values.slice(from, from + 20);
    const { observations, actions, nextObservations, terminated } = state.transitions;
    yield {
      first: state.first + from,
      transitions: {
        observations: rows(observations),
        actions: rows(actions),
        rewards: rows(rewards),
        nextObservations: rows(nextObservations),
        terminated: rows(terminated),
      },
      previous: state.previous && state.previous.slice(from, from + 20),
    };
  }
}

describe.each(KINDS)('a buffer %s, restored into one of another capacity', (_, kind) => {
  /** A buffer of `capacity` that has seen `count` transitions and learned in between. */
  const filled = (capacity: number, count: number) => {
    const buffer = make(capacity, kind);
    for (let k = 0; k < count; k += 15) {
      add(buffer, k, Math.min(count, k + 15));
      learn(buffer);
    }
    return buffer;
  };

  it.each([
    ['larger', 50, 120],
    ['smaller', 120, 50],
  ])('that is %s goes on as if it had always been that', (_size, before, after) => {
    const [small, whole, restored] = [filled(before, 45), filled(after, 45), make(after, kind)];
    restored.restore(small.state());
    expect(restored.state()).toEqual(whole.state());
    for (let k = 45; k < 300; k += 10) {
      for (const buffer of [whole, restored]) add(buffer, k, k + 10);
      expect(learn(restored)).toEqual(learn(whole));
    }
    expect(restored.state()).toEqual(whole.state());
  });

  it('keeps the ages of what it holds, and their links, where it had wrapped', async () => {
    const old = filled(50, 135);
    const [large, byParts] = [make(80, kind), make(80, kind)];
    large.restore(old.state());
    const { transitions: _transitions, previous: _previous, first: _first, ...head } = old.state();
    await byParts.restoreParts(head, inParts(old.state()));
    expect(byParts.state()).toEqual(large.state());
    expect([large.added, large.size]).toEqual([50, 50]);

    // The oracle has never seen those that were overwritten.
    const oracle = make(80, kind);
    add(oracle, 85, 135);
    const { generator, priorities } = old.state();
    oracle.restore({ ...oracle.state(), generator, priorities });
    expect(large.state()).toEqual(oracle.state());
    expect([...large.state().transitions.observations]).toEqual(
      Array.from({ length: 50 }, (_age, i) => 85 + i),
    );
    for (let k = 135; k < 300; k += 10) {
      for (const buffer of [large, oracle]) add(buffer, k, k + 10);
      expect(learn(large)).toEqual(learn(oracle));
    }
    expect(large.state()).toEqual(oracle.state());
    // And can be saved and put back again.
    const again = make(80, kind);
    again.restore(large.state());
    expect(learn(again)).toEqual(learn(large));
  });

  it('is as a new one where a part is missing', async () => {
    const [state, buffer, fresh] = [filled(50, 60).state(), filled(80, 135), make(80, kind)];
    async function* cutOff() {
      for await (const part of inParts(state)) {
        if (part.first > state.first) throw new Error('cut off');
        yield part;
      }
    }
    await expect(buffer.restoreParts(state, cutOff())).rejects.toThrow('cut off');
    // But for what it is drawn with.
    const { generator } = buffer.state();
    fresh.restore({ ...fresh.state(), generator });
    expect(buffer.state()).toEqual(fresh.state());
    for (let k = 0; k < 200; k += 10) {
      for (const one of [buffer, fresh]) add(one, k, k + 10);
      expect(learn(buffer)).toEqual(learn(fresh));
    }
  });

  it('refuses more than there is room for, and stays as it was', async () => {
    const small = make(49, kind);
    add(small, 0, 3);
    const before = small.state();
    const state = filled(50, 60).state();
    const message = 'replay: restore got a state with 50 transitions, expected at most 49, the capacity.';
    expect(() => small.restore(state)).toThrow(message);
    await expect(small.restoreParts(state, inParts(state))).rejects.toThrow(message);
    expect(small.state()).toEqual(before);
  });
});

it('a link to what was overwritten is no link in a larger buffer', () => {
  const kind = { nStep: 2 };
  const old = make(4, kind);
  // Environment 1 was last seen before all that is held.
  add(old, 2, 4);
  for (let k = 4; k < 14; k += 2) add(old, k, k + 1);
  expect(old.state().lasts).toEqual([6, 1]);
  const large = make(9, kind);
  large.restore(old.state());
  expect(large.state().lasts).toEqual([3, -1]);
});
