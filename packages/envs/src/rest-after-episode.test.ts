import { describe, expect, it } from 'vitest';

import { vectorEnv } from './local-vector-env.ts';
import { multiGoal } from './multi-goal.ts';
import { restAfterEpisode } from './rest-after-episode.ts';
import { countingEnv } from './testing/counting-env.ts';
import { timeLimit } from './time-limit.ts';
import { wrapEnv } from './wrap-env.ts';

const make = () => restAfterEpisode(timeLimit(multiGoal(), 2));

describe('restAfterEpisode', () => {
  it('plays one episode for each seed and touches the environment no more', () => {
    const inner = timeLimit(multiGoal(), 3);
    const calls: string[] = [];
    const watched = wrapEnv(inner, {
      reset: (request) => (calls.push('reset'), inner.reset(request)),
      step: (action) => (calls.push('step'), inner.step(action)),
    });
    const env = restAfterEpisode(watched);
    const plain = timeLimit(multiGoal(), 3);
    for (const seed of [1, 2]) {
      calls.length = 0;
      expect(env.reset({ seed })).toEqual(plain.reset({ seed }));
      let last = env.step([0.1, 0.2]);
      expect(last).toEqual(plain.step([0.1, 0.2]));
      for (let i = 0; i < 2; i += 1) {
        last = env.step([0.1, 0.2]);
        plain.step([0.1, 0.2]);
      }
      expect(last.truncated).toBe(true);
      const rest = { observation: last.observation, info: {} };
      expect(env.reset()).toEqual(rest);
      expect(env.step([1, 1])).toEqual({ ...rest, reward: 0, terminated: false, truncated: false });
      expect(env.reset({})).toEqual(rest);
      expect(calls).toEqual(['reset', 'step', 'step', 'step']);
    }
  });

  it('begins new episodes without a seed as long as none is over', () => {
    const env = restAfterEpisode(countingEnv({ length: 3 }));
    env.reset({ seed: 0 });
    env.step([0]);
    expect(env.reset().observation[0]).toBe(1);
  });

  it('goes on from its state, in the episode and at rest', () => {
    const env = make();
    env.reset({ seed: 5 });
    env.step([0.3, 0.1]);
    for (const action of [
      [0.1, 0.1],
      [0.7, 0.7],
      [0.2, 0],
    ]) {
      const other = make();
      other.restore(env.state());
      expect(other.step(action)).toEqual(env.step(action));
    }
    const { own: _, ...damagedState } = env.state();
    expect(() => make().restore({ ...damagedState, own: { last: 3 } })).toThrow('restAfterEpisode');
  });

  it('lets the rows of a vector environment end one by one', () => {
    const env = vectorEnv(
      [1, 3].map((length) => restAfterEpisode(countingEnv({ length }))),
      { autoresetMode: 'same-step' },
    );
    env.reset({ seed: 0 });
    const ended = [0, 1, 2, 3].map(() => Array.from(env.step([0.5, 0.5]).truncated));
    expect(ended).toEqual([
      [1, 0],
      [0, 0],
      [0, 1],
      [0, 0],
    ]);
    expect([...env.step([0.5, 0.5]).rewards]).toEqual([0, 0]);
    env.reset({ seed: 1 });
    expect([...env.step([0.5, 0.5]).rewards]).toEqual([0.5, 0.5]);
  });
});
