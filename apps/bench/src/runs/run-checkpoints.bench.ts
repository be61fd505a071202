/**
 * How long whole checkpoints of a run with a million transitions (17 observations, 6 actions) take, and how long training waits.
 *
 *     node --conditions=@meow-rl/source --import ./scripts/typescript.mjs apps/bench/src/runs/run-checkpoints.bench.ts
 *
 * "waited" is the time until `save` lets the run go on, "blocked" the longest stretch without a turn of the event loop until all
 * is on the disk, in which bursts of 5 ms keep the thread as updates do. The folder is made in the current one, so that the
 * disk is a real one.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';

import { makeVectorEnv } from '@meow-rl/envs-mujoco/node';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createMeowAgent } from '@meow-rl/meow';
import { createGenerator } from '@meow-rl/random';
import { replayBuffer } from '@meow-rl/replay';
import type { OffPolicyState } from '@meow-rl/train';
import { metricsWriter, openRunCheckpoints } from '@meow-rl/train/node';

const CAPACITY = 1_000_000;
const NEW = 10_000;
const BURST_MILLISECONDS = 5;
const sizes = { observationSize: 17, actionSize: 6 };
const generator = createGenerator(0);

const floats = (length: number) => {
  const values = new Float32Array(length);
  generator.fillUniform(values, -1, 1);
  return values;
};
const block = {
  observations: floats(NEW * 17),
  actions: floats(NEW * 6),
  rewards: floats(NEW),
  nextObservations: floats(NEW * 17),
  terminated: new Uint8Array(NEW),
};

/** The longest that the event loop waits for its turn, from now until asked. */
function watch(): () => number {
  let [running, blocked, last] = [true, 0, performance.now()];
  const turn = () => {
    blocked = Math.max(blocked, performance.now() - last);
    const until = performance.now() + BURST_MILLISECONDS;
    while (performance.now() < until) Math.sqrt(until);
    last = performance.now();
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  return () => {
    running = false;
    return blocked;
  };
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(3)} s`;

const folder = await mkdtemp('checkpoints-bench-');
const env = await makeVectorEnv('HalfCheetah-v5', 1, { rescaleActions: true });
const agent = await createMeowAgent({ runtime: onnxRuntimeNode(), ...sizes, seed: 0 });
const logger = await metricsWriter(path.join(folder, 'metrics.jsonl'));
try {
  await env.reset({ seed: 0 });
  const replay = replayBuffer({ capacity: CAPACITY, ...sizes, discount: 0.99, seed: 0 });
  const parts = { agent, env, replay };
  const checkpoints = await openRunCheckpoints(path.join(folder, 'checkpoints'), parts, {});
  const save = async (step: number) => {
    const loop: OffPolicyState = {
      step,
      updates: step,
      seconds: 0,
      exploration: generator.state(),
      collector: { observations: '', ended: [] },
      episodes: { count: 0, sums: [0], lengths: [0], recent: [] },
      means: [],
    };
    await logger.log({ type: 'metrics' });
    const longest = watch();
    const begun = performance.now();
    await checkpoints.save(loop, { logger });
    const waited = performance.now() - begun;
    await checkpoints.settled();
    const whole = performance.now() - begun;
    console.log(
      `${replay.added} added: ${seconds(whole)}, waited ${seconds(waited)}, blocked ${seconds(longest())}`,
    );
  };
  for (let added = 0; added < CAPACITY; added += NEW) replay.add(block);
  await save(1);
  for (let i = 2; i <= 8; i += 1) {
    replay.add(block);
    await save(i);
  }
} finally {
  await logger.close();
  await env.close();
  await agent.dispose();
  await rm(folder, { recursive: true });
}
