import { vectorEnv, wrapEnv, type Env } from '@meow-rl/envs';
import { countingEnv } from '@meow-rl/envs/testing';
import { stream } from '@meow-rl/random';
import { replayBuffer } from '@meow-rl/replay';
import { expect, it } from 'vitest';

import type { OffPolicyAgent } from './contracts/off-policy-agent.ts';
import { evaluate } from './evaluate.ts';
import { restartSeed, seedFor, seedStreams, type SeedStream } from './seeds.ts';
import { fakeAgent } from './testing/fake-agent.ts';
import { trainOffPolicy } from './train-off-policy.ts';

const uses = Object.keys(seedStreams) as SeedStream[];

it('gives every use and every seed a seed of its own, always the same', () => {
  const seeds = [0, 1].flatMap((seed) => uses.map((use) => seedFor(use, seed)));
  expect(new Set(seeds).size).toBe(2 * uses.length);
  expect(uses.map((use) => seedFor(use, 0))).toEqual(seeds.slice(0, uses.length));
});

it('keeps the numbers that saved runs depend on', () => {
  expect(seedStreams).toEqual({ environment: 0, exploration: 1, evaluation: 2, replay: 3, agent: 4 });
  expect(uses.map((use) => seedFor(use, 0))).toEqual(
    uses.map((_, index) => stream(0, index).integer(2 ** 32)),
  );
});

it('gives environments another seed wherever a run goes on, however late', () => {
  const steps = [0, 1, 65_535, 65_536, 1_280_000, 4e9];
  const seeds = [0, 1].flatMap((seed) => steps.map((step) => restartSeed(seed, step)));
  expect(new Set([...seeds, seedFor('environment', 0), seedFor('environment', 1)]).size).toBe(14);
  for (const seed of seeds) expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true);
  expect(restartSeed(1, 1_280_000)).toBe(restartSeed(1, 1_280_000));
});

/** An environment that notes the seeds that it is reset with. */
function noting(env: Env, seeds: (number | undefined)[]): Env {
  return wrapEnv(env, {
    reset(request) {
      seeds.push(request?.seed);
      return env.reset(request);
    },
  });
}

/** A fake agent that notes the generators that it is to sample with. */
function notingAgent(generators: unknown[]): OffPolicyAgent {
  const agent = fakeAgent();
  return {
    ...agent,
    act(observations, options) {
      generators.push(options.generator?.state());
      return agent.act(observations, options);
    },
  };
}

it('the loop takes each use’s own: environments, exploration and each evaluation', async () => {
  const SEED = 11;
  const rows: (number | undefined)[] = [];
  const evaluations: (number | undefined)[] = [];
  const generators: unknown[] = [];
  const replay = replayBuffer({ capacity: 50, observationSize: 2, actionSize: 1, discount: 0.9, seed: 0 });
  await trainOffPolicy({
    agent: notingAgent(generators),
    env: vectorEnv([noting(countingEnv({ length: 99 }), rows), noting(countingEnv({ length: 99 }), rows)]),
    replay,
    steps: 20,
    warmup: 18,
    updatesPerStep: 2,
    batchSize: 1,
    seed: SEED,
    evaluate: {
      env: noting(countingEnv({ length: 1 }), evaluations),
      every: 10,
      episodes: 2,
      stochastic: true,
    },
  });
  const environment = seedFor('environment', SEED);
  expect(rows).toEqual([environment, environment + 1]);
  const evaluation = seedFor('evaluation', SEED);
  // Both rounds of an evaluation begin alike; its later episodes go on with the environment's generator.
  const round = (step: number) => [evaluation + step, undefined, evaluation + step, undefined];
  expect(evaluations).toEqual([...round(10), ...round(20)]);
  const exploration = new Float32Array(18);
  stream(SEED, seedStreams.exploration).fillUniform(exploration, -1, 1);
  expect(replay.state().transitions.actions.slice(0, 18)).toEqual(exploration);
  const noise = (step: number) => Array.from({ length: 4 }, () => stream(evaluation + step, 1).state());
  // One step of training acts by the agent's own generator, between the two evaluations.
  expect(generators).toEqual([...noise(10), undefined, ...noise(20)]);
});

it('an evaluation samples actions with another stream than its environment', async () => {
  const [generators, seeds]: [unknown[], (number | undefined)[]] = [[], []];
  await evaluate({
    actor: notingAgent(generators),
    env: noting(countingEnv({ length: 1 }), seeds),
    episodes: 1,
    deterministic: false,
    seed: 5,
  });
  // The environment makes its generator of this seed, which is stream 0.
  expect(seeds).toEqual([5]);
  expect(generators).toEqual([stream(5, 1).state()]);
});
