import { describe, expect, it } from 'vitest';

import { box } from './box.ts';
import { createEnv } from './create-env.ts';
import { episodeStatistics } from './episode-statistics.ts';
import { vectorEnv } from './local-vector-env.ts';
import { rescaleAction } from './rescale-action.ts';
import { timeLimit } from './time-limit.ts';
import { wrapEnv } from './wrap-env.ts';

/** An environment that counts the checks of its actions and remembers the actions. */
function countedEnv() {
  const seen = { checks: 0, actions: [] as number[][] };
  const space = box({ low: [-2, 1], high: [2, 3] });
  const actionSpace: typeof space = {
    ...space,
    validate(...given) {
      seen.checks += 1;
      space.validate(...given);
    },
  };
  const result = { observation: Float64Array.of(0), info: {} };
  const env = createEnv({
    id: 'Counted-v0',
    observationSpace: box({ low: -1, high: 1, shape: [1] }),
    actionSpace,
    start: () => result,
    advance(action) {
      seen.actions.push([...action]);
      return { ...result, reward: 0, terminated: false, truncated: false };
    },
  });
  return { env, seen };
}

describe('an action', () => {
  it('is checked once by an environment and the wrappers around it', () => {
    const { env, seen } = countedEnv();
    const wrapped = episodeStatistics(wrapEnv(rescaleAction(timeLimit(env, 9)), {}));
    wrapped.reset();
    wrapped.step([0.5, -1]);
    expect(seen).toEqual({ checks: 1, actions: [[1, 1]] });
  });

  it('is checked by a vector environment and not again by those inside', () => {
    const { env, seen } = countedEnv();
    const vector = vectorEnv([episodeStatistics(wrapEnv(rescaleAction(timeLimit(env, 9)), {}))]);
    vector.reset();
    vector.step([0.5, -1]);
    expect(seen).toEqual({ checks: 0, actions: [[1, 1]] });
    expect(() => vector.step([0.5, Number.NaN])).toThrow(
      'vectorEnv(Counted-v0): step(actions) got NaN in entry 1 of row 0',
    );
    expect(seen.actions).toHaveLength(1);
  });

  it.each([
    ['that is not finite', [0, Number.NEGATIVE_INFINITY], 'got -Infinity in entry 1'],
    ['of another size', [0, 0, 0], 'got 3 entries, expected 2'],
    ['with an entry missing', [0], 'got 1 entries, expected 2'],
  ])('%s is refused through wrappers as it was given', (_, action, problem) => {
    const { env, seen } = countedEnv();
    const wrapped = rescaleAction(timeLimit(env, 9));
    wrapped.reset();
    expect(() => wrapped.step(action)).toThrow(`Counted-v0: step(action) ${problem}`);
    expect(seen.actions).toEqual([]);
  });

  it('goes to the step that a copied environment was given', () => {
    const { env, seen } = countedEnv();
    const given: number[][] = [];
    const changed = {
      ...env,
      step(action: ArrayLike<number>) {
        given.push(Array.from(action));
        return env.step(action);
      },
    };
    const vector = vectorEnv([timeLimit(changed, 9)]);
    vector.reset();
    vector.step([1, 2]);
    expect(given).toEqual([[1, 2]]);
    expect(seen).toEqual({ checks: 1, actions: [[1, 2]] });
  });
});
