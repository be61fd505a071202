import { box, createEnv, vectorEnv } from '@meow-rl/envs';
import { add, log, mul, sub, tanh } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { expectClose } from '@meow-rl/nn/testing';
import { replayBuffer } from '@meow-rl/replay';
import { trainOffPolicy } from '@meow-rl/train';
import { expect, it, onTestFinished } from 'vitest';

import { createAgent } from './agent.ts';
import { defineAlgorithm } from './definition.ts';
import { deterministicActorCritic } from './testing/deterministic-actor-critic.ts';
import { randomBatch } from './testing/random-batch.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const ROWS = 8;

const artanh = (x: Tensor): Tensor => mul(0.5, sub(log(add(1, x)), log(sub(1, x))));

/** The same algorithm, of whose actions replay keeps what is before the squash. */
const keepsLatent = defineAlgorithm({
  ...deterministicActorCritic,
  replayed: () => ({ size: ({ actionSize }) => actionSize, ofAction: artanh }),
  acting: (taskSizes, config) => ({
    ...deterministicActorCritic.acting(taskSizes, config),
    sample: ({ actor }, state, noise) => {
      const latent = add(actor([state]), mul(0.3, noise));
      return { action: tanh(latent), replayed: latent };
    },
  }),
  stages: (taskSizes, config) =>
    deterministicActorCritic.stages(taskSizes, config).map((stage) =>
      Object.assign({}, stage, {
        loss: (inputs: Parameters<typeof stage.loss>[0]) =>
          stage.loss({ ...inputs, batch: { ...inputs.batch, action: tanh(inputs.batch.action) } }),
      }),
    ),
});

async function agentOf<A extends { dispose(): Promise<void> }>(agent: Promise<A>): Promise<A> {
  const made = await agent;
  onTestFinished(() => made.dispose());
  return made;
}
const options = { runtime: onnxRuntimeNode(), ...sizes, seed: 2 };
const latentAgent = () => agentOf(createAgent(keepsLatent, options));
const { observations } = randomBatch(100, ROWS, sizes);

/** What an agent keeps of its actions. */
function replayedOf({ replayed }: Awaited<ReturnType<typeof latentAgent>>) {
  if (!replayed) throw new Error('it keeps something else than the action');
  return replayed;
}

it('gives sampled actions with what is kept of them, by the noise of acting', async () => {
  const [agent, acting] = [await latentAgent(), await latentAgent()];
  const replayed = replayedOf(agent);
  expect(replayed.size).toBe(2);
  const { actions, replayed: latents } = await replayed.explore(observations);
  expect(actions).toEqual(await acting.act(observations, { deterministic: false }));
  expectClose(Array.from(latents, Math.tanh), Array.from(actions), 1e-6);
  expectClose(Array.from(await replayed.ofActions(actions)), Array.from(latents), 1e-4);
  expect((await agentOf(createAgent(deterministicActorCritic, options))).replayed).toBeUndefined();
});

it('is of actions that agents take, though batches may hold any', async () => {
  const agent = await latentAgent();
  await expect(replayedOf(agent).ofActions(Float32Array.of(0.5, 1.5))).rejects.toThrow(
    'actions have 1.5 in entry 1 of row 0, expected numbers from -1 to 1',
  );
  const { actions, ...batch } = randomBatch(1, ROWS, sizes);
  const metrics = await agent.update({ ...batch, actions: actions.map((entry) => 3 * entry) });
  expect(Object.values(metrics).every(Number.isFinite)).toBe(true);
});

it('learns from batches that hold it as from actions', async () => {
  const agent = await latentAgent();
  const plain = await agentOf(createAgent(deterministicActorCritic, options));
  for (let i = 1; i <= 6; i += 1) {
    const batch = randomBatch(i, ROWS, sizes);
    const metrics = await agent.update({ ...batch, actions: batch.actions.map(Math.atanh) });
    const expected = await plain.update(batch);
    expect(Object.keys(metrics)).toEqual(Object.keys(expected));
    expectClose(Object.values(metrics), Object.values(expected), 1e-4);
  }
});

it('is what the loop stores, also of random actions, and resumes to the same bits', async () => {
  const agent = await latentAgent();
  const taken: number[][] = [];
  const env = createEnv({
    id: 'Watched',
    observationSpace: box({ low: -1, high: 1, shape: [3] }),
    actionSpace: box({ low: -1, high: 1, shape: [2] }),
    start: () => ({ observation: Float64Array.of(0.1, 0.2, 0.3), info: {} }),
    advance: (action) => {
      taken.push(Array.from(action));
      return {
        observation: Float64Array.of(0.1, 0.2, 0.3),
        reward: -((action[0] ?? 0) ** 2),
        terminated: false,
        truncated: false,
        info: {},
      };
    },
  });
  const { size } = replayedOf(agent);
  const replay = replayBuffer({ capacity: 64, observationSize: 3, actionSize: size, discount: 0.9, seed: 1 });
  await trainOffPolicy({
    agent,
    env: vectorEnv(() => env, { numEnvs: 1, autoresetMode: 'same-step' }),
    replay,
    steps: 25,
    warmup: 10,
    batchSize: ROWS,
    seed: 1,
  });
  expect(taken).toHaveLength(25);
  const stored = Array.from(replay.state().transitions.actions).slice(0, 50);
  expectClose(stored.map(Math.tanh), taken.flat(), 1e-5);
  expect(Math.max(...stored.map(Math.abs))).toBeGreaterThan(1);

  const resumed = await latentAgent();
  resumed.restore(agent.state());
  const batch = replay.sample(ROWS);
  expect(await resumed.update(batch)).toEqual(await agent.update(batch));
  const next = await replayedOf(agent).explore(observations);
  expect(await replayedOf(resumed).explore(observations)).toEqual(next);
  expect(resumed.state()).toEqual(agent.state());
});
