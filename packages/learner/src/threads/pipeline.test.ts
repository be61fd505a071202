import { box, createEnv, vectorEnv } from '@meow-rl/envs';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { stream } from '@meow-rl/random';
import { replayBuffer } from '@meow-rl/replay';
import { seedFor, seedStreams, trainOffPolicy } from '@meow-rl/train';
import { expect, it } from 'vitest';

import { createAgent } from '../agent.ts';
import type { Agent } from '../agent.ts';
import { deterministicActorCritic } from '../testing/deterministic-actor-critic.ts';
import type { UpdatesFactory } from '../updates.ts';
import { threadedUpdates } from './threaded-updates.ts';

const BATCH = 32;
const WARMUP = 40;
const SEED = 7;
const sizes = { observationSize: 1, actionSize: 1 };

/** One step: the best action is half the state, which is −1 or 1. */
function halve() {
  let state = 1;
  return createEnv({
    id: 'Halve',
    observationSpace: box({ low: -1, high: 1, shape: [1] }),
    actionSpace: box({ low: -1, high: 1, shape: [1] }),
    start: (generator) => {
      state = 2 * generator.integer(2) - 1;
      return { observation: Float64Array.of(state), info: {} };
    },
    advance: (action) => ({
      observation: Float64Array.of(state),
      reward: -5 * ((action[0] ?? 0) - state / 2) ** 2,
      terminated: true,
      truncated: false,
      info: {},
    }),
  });
}

const agentOf = (updates?: UpdatesFactory): Promise<Agent> =>
  createAgent(deterministicActorCritic, {
    runtime: onnxRuntimeNode(),
    ...sizes,
    seed: SEED,
    config: { hidden: [16, 16], batchSize: BATCH, dropout: 0.1 },
    ...(updates && { updates }),
  });

const makeEnv = () => vectorEnv(halve, { numEnvs: 1, autoresetMode: 'same-step' });
const makeReplay = () =>
  replayBuffer({ capacity: 1000, ...sizes, discount: 0.9, seed: seedFor('replay', SEED) });

/** Trains in the pipeline; returns the state at the end, and the agent. */
async function pipelined(threads: number, steps: number) {
  const agent = await agentOf(threadedUpdates({ threads, background: true }));
  const replay = makeReplay();
  const { updates } = await trainOffPolicy({
    agent,
    env: makeEnv(),
    replay,
    steps,
    warmup: WARMUP,
    batchSize: BATCH,
    seed: SEED,
    pipeline: true,
  });
  // The last step's update would overlap with one that isn't made.
  expect(updates).toBe(steps - WARMUP - 1);
  return { agent, stored: replay.state().transitions, state: agent.state() };
}

/** The same by hand and one thing after the other: each action comes before the update that the step before it called for. */
async function lagging(agent: Agent, steps: number) {
  const [env, replay] = [makeEnv(), makeReplay()];
  const exploration = stream(SEED, seedStreams.exploration);
  let observations = Float32Array.from(
    (await env.reset({ seed: seedFor('environment', SEED) })).observations,
  );
  let actions: Float32Array = new Float32Array(1);
  for (let step = 0; step < steps; step++) {
    if (step < WARMUP) exploration.fillUniform(actions, -1, 1);
    else actions = await agent.act(observations, { deterministic: false });
    if (step > WARMUP) await agent.update(replay.sample(BATCH));
    const result = await env.step(actions);
    replay.add({
      observations,
      actions,
      rewards: result.rewards,
      nextObservations: Float32Array.from(result.finalObservations),
      terminated: result.terminated,
    });
    observations = Float32Array.from(result.observations);
  }
  return { stored: replay.state().transitions, state: agent.state() };
}

it('acts with the parameters from before the running update, and with no others', async () => {
  const { agent, ...trained } = await pipelined(1, 120);
  const plain = await agentOf();
  expect(trained).toEqual(await lagging(plain, 120));
  await agent.dispose();
  await plain.dispose();
});

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

it('gives the same bits in every run, and learns', { timeout: 120_000 }, async () => {
  const { agent, ...first } = await pipelined(2, 700);
  const { agent: another, ...second } = await pipelined(2, 700);
  expect(second).toEqual(first);
  const { rewards } = first.stored;
  // −5 (1/3 + 1/4) = −2.9 with random actions.
  expect(mean(rewards.slice(0, WARMUP))).toBeLessThan(-2);
  expect(mean(rewards.slice(-200))).toBeGreaterThan(-0.8);
  await agent.dispose();
  await another.dispose();
});

it('is refused for an agent that can only do one thing at a time', async () => {
  const agent = await agentOf();
  const options = { agent, env: makeEnv(), replay: makeReplay(), steps: 10, batchSize: BATCH, seed: SEED };
  await expect(trainOffPolicy({ ...options, pipeline: true })).rejects.toThrow(
    "the deterministic-actor-critic agent can't act while it updates",
  );
  await agent.dispose();
});
