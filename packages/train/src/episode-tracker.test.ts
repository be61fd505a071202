import { describe, expect, it } from 'vitest';

import { episodeTracker } from './episode-tracker.ts';

describe('episodeTracker', () => {
  it('goes on in the middle of episodes from a saved state, through JSON', () => {
    const tracker = episodeTracker(3);
    tracker.step(0, 5, true);
    tracker.step(1, 2, false);
    tracker.step(1, 4, false);
    tracker.step(2, -1, false);
    const other = episodeTracker(3);
    other.step(2, 100, true);
    other.restore(JSON.parse(JSON.stringify(tracker.state())));
    expect(other.state()).toEqual(tracker.state());
    expect([other.count, other.means()]).toEqual([1, { meanReturn: 5, meanLength: 1 }]);
    expect(other.step(1, 10, true)).toEqual({ return: 16, length: 3 });
    expect(other.step(2, -2, true)).toEqual({ return: -3, length: 2 });
    expect([other.count, other.means()]).toEqual([3, { meanReturn: 6, meanLength: 2 }]);
    // The next episodes begin at nothing.
    expect(other.step(1, 7, true)).toEqual({ return: 7, length: 1 });
  });

  it('takes no part in what goes on after its state was taken or given', () => {
    const tracker = episodeTracker(1);
    tracker.step(0, 1, true);
    const state = tracker.state();
    const other = episodeTracker(1);
    other.restore(state);
    other.step(0, 3, true);
    tracker.step(0, 5, true);
    expect(state.recent).toEqual([{ return: 1, length: 1 }]);
    expect(tracker.means()).toEqual({ meanReturn: 3, meanLength: 1 });
    expect(other.means()).toEqual({ meanReturn: 2, meanLength: 1 });
  });

  it('averages over the last hundred episodes: the first one is out when the hundred and first has ended', () => {
    const tracker = episodeTracker(1);
    const finish = (from: number, to: number) => {
      for (let i = from; i <= to; i += 1) tracker.step(0, i, true);
    };
    finish(1, 99);
    expect(tracker.means()).toMatchObject({ meanReturn: 50 });
    finish(100, 100);
    expect(tracker.means()).toMatchObject({ meanReturn: 50.5 });
    finish(101, 101);
    expect(tracker.means()).toMatchObject({ meanReturn: 51.5 });
    expect([tracker.count, tracker.state().recent.length]).toEqual([101, 100]);
  });
});
