import { expect, it } from 'vitest';

import { box } from './box.ts';
import { clipAction } from './clip-action.ts';
import { createEnv } from './create-env.ts';
import { multiGoal } from './multi-goal.ts';
import { describeEnv } from './testing/describe-env.ts';
import { timeLimit } from './time-limit.ts';

describeEnv('clipAction', () => clipAction(timeLimit(multiGoal(), 50)));

it('moves actions to the nearest within the bounds, in float64', () => {
  const actions: number[][] = [];
  const result = { observation: Float64Array.of(0), info: {} };
  const env = clipAction(
    createEnv({
      id: 'Listening-v0',
      observationSpace: box({ low: 0, high: 0, shape: [1] }),
      actionSpace: box({ low: [-0.4, -0.7, Number.NEGATIVE_INFINITY], high: [0.4, -0.7, 1] }),
      start: () => result,
      advance(action) {
        actions.push([...action]);
        return { ...result, reward: 0, terminated: false, truncated: false };
      },
    }),
  );
  env.reset();
  env.step(Float32Array.of(0.4, -0.7, -1e30));
  env.step([-3, 5, 2]);
  env.step([0.3, -0.7, 0.5]);
  expect(actions).toEqual([
    [0.4, -0.7, Math.fround(-1e30)],
    [-0.4, -0.7, 1],
    [0.3, -0.7, 0.5],
  ]);
});
