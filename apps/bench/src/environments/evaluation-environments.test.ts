import { vectorEnv } from '@meow-rl/envs';
import { evaluate } from '@meow-rl/train';
import type { Actor } from '@meow-rl/train';
import { expect, it } from 'vitest';

import { evaluationRows, makeEvaluationEnvironment, type EvaluationPlan } from './evaluation-environments.ts';
import { makeAgentEnv } from './environments.ts';

const plan: EvaluationPlan = { episodes: 10, episodesInAll: 100, parallel: 'auto', cores: 2 };

it.each<
  [string, string, Partial<EvaluationPlan>, readonly [here: number, elsewhere: number, workers: number]]
>([
  ['one row for each episode, half of them in another thread', 'Hopper-v5', {}, [5, 5, 1]],
  ['rounds of equal size', 'Hopper-v5', { episodes: 40, episodesInAll: 40 }, [7, 7, 1]],
  ['four rows for each thread at least', 'Hopper-v5', { cores: 8 }, [5, 5, 1]],
  ['and more threads for more rows', 'Hopper-v5', { episodes: 16, cores: 8 }, [4, 12, 3]],
  ['one core has one thread', 'Hopper-v5', { cores: 1 }, [10, 0, 0]],
  ['nothing in parallel where that is off', 'Hopper-v5', { parallel: 'off' }, [10, 0, 0]],
  ['no worker for few episodes', 'Hopper-v5', { episodesInAll: 19 }, [10, 0, 0]],
  ['no worker for small environments', 'Pendulum-v1', {}, [10, 0, 0]],
  ['one episode', 'Hopper-v5', { episodes: 1 }, [1, 0, 0]],
])('%s', (_, env, changes, [here, elsewhere, workers]) => {
  expect(evaluationRows({ env }, { ...plan, ...changes })).toEqual({ here, elsewhere, workers });
});

/** Acts by what it sees, so that a difference anywhere shows in the returns. */
const actor = (observationSize: number, actionSize: number): Actor => ({
  observationSize,
  actionSize,
  act: async (observations) =>
    Float32Array.from({ length: (observations.length / observationSize) * actionSize }, (_, i) => {
      const row = Math.floor(i / actionSize);
      return Math.tanh(observations[row * observationSize + 1 + (i % actionSize)] ?? 0);
    }),
  dispose: async () => {},
});

it('plays the same episodes whatever the threads are, each as one alone', async () => {
  const choice = { env: 'Hopper-v5', environment: 'Hopper-v5', maxSteps: 60 };
  const like = vectorEnv([await makeAgentEnv(choice)]);
  const options = { episodes: 9, seed: 4, deterministic: true, actor: actor(11, 3) };
  const played: unknown[] = [];
  for (const changes of [{}, { parallel: 'off' } as const]) {
    const env = await makeEvaluationEnvironment(choice, {
      ...plan,
      ...changes,
      episodes: 9,
      like,
      logFile: '',
      ui: { info: () => {} },
    });
    played.push(await evaluate({ ...options, env }), await evaluate({ ...options, env, seed: 5 }));
    await env.close();
  }
  const [first, other, firstAlone, otherAlone] = played;
  expect(firstAlone).toEqual(first);
  expect(otherAlone).toEqual(other);
  expect(other).not.toEqual(first);

  const alone = await makeAgentEnv(choice);
  const returns: number[] = [];
  for (let episode = 0; episode < 9; episode += 1) {
    const { returns: sums } = await evaluate({ ...options, env: alone, episodes: 1, seed: 4 + episode });
    returns.push(...sums);
  }
  expect(first).toMatchObject({ returns });
  alone.close();
  like.close();
});
