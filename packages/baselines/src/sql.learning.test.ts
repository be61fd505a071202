import { makeEnv, rescaleAction, vectorEnv } from '@meow-rl/envs';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { replayBuffer } from '@meow-rl/replay';
import { evaluate, seedFor, trainOffPolicy } from '@meow-rl/train';
import { expect, it } from 'vitest';

import { createSqlAgent } from './create-sql-agent.ts';

const SEED = 1;
/** Half of what it is given, and enough. */
const STEPS = 6000;
const BATCH = 64;

const pendulum = () => rescaleAction(makeEnv('Pendulum-v1'));

it('swings a pendulum up and holds it there', { timeout: 120_000 }, async () => {
  const env = vectorEnv(pendulum, { numEnvs: 1, autoresetMode: 'same-step' });
  const sizes = { observationSize: env.singleObservationSpace.size, actionSize: env.singleActionSpace.size };
  const agent = await createSqlAgent({
    runtime: onnxRuntimeNode(),
    ...sizes,
    seed: SEED,
    // Small networks, which learn this task in a quarter of the time.
    config: { hidden: [64, 64], batchSize: BATCH, learningRate: 1e-3 },
  });
  const play = () =>
    evaluate({ actor: agent, env: pendulum(), episodes: 20, deterministic: true, seed: 100 });
  const before = await play();
  expect(before.mean).toBeLessThan(-800);

  await trainOffPolicy({
    agent,
    env,
    replay: replayBuffer({
      capacity: STEPS,
      ...sizes,
      discount: agent.config.gamma,
      seed: seedFor('replay', SEED),
    }),
    steps: STEPS,
    warmup: 1000,
    batchSize: BATCH,
    seed: SEED,
  });
  const after = await play();
  expect(after.mean).toBeGreaterThan(-200);
  await agent.dispose();
  await env.close();
});
