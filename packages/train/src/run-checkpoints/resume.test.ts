import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { multiGoal, rescaleAction, timeLimit, vectorEnv } from '@meow-rl/envs';
import { createGenerator } from '@meow-rl/random';
import { replayBuffer } from '@meow-rl/replay';
import { expect, it, onTestFinished } from 'vitest';

import { listCheckpoints, readCheckpoint } from '../checkpoints/checkpoint.ts';
import type { OffPolicyAgent } from '../contracts/off-policy-agent.ts';
import type { Savable } from '../contracts/savable.ts';
import type { TrainEvent } from '../events.ts';
import { metricsWriter } from '../metrics-writer.ts';
import { normalizedAgent } from '../normalizers/normalized-agent.ts';
import { observationNormalizer } from '../normalizers/observation-normalizer.ts';
import { rewardScaler } from '../normalizers/reward-scaler.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { trainOffPolicy } from '../train-off-policy.ts';
import { chooseCheckpoint } from './choose-checkpoint.ts';
import { openRunCheckpoints } from './open-run-checkpoints.ts';
import { restoreRun } from './restore-run.ts';

/** The lines of a run's log without wall-clock times. */
async function logOf(folder: string): Promise<unknown[]> {
  const lines = (await readFile(path.join(folder, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => Object.assign(JSON.parse(line), { time: 0 }));
}

/** What the newest checkpoint of a run holds, without wall-clock times and what depends on their digits. */
async function endOf(checkpoints: string): Promise<unknown> {
  const [newest] = await listCheckpoints(checkpoints);
  const { step, tensors, values } = await readCheckpoint(path.join(checkpoints, String(newest)));
  return { step, tensors, values: { ...values, log: 0, loop: { ...Object(values['loop']), seconds: 0 } } };
}

const STEPS = 120;
const sizes = { observationSize: 2, actionSize: 2 };

/** Test double: samples with a generator, and drifts by the rewards, discounts and weights that it learns from. */
function driftingAgent(): OffPolicyAgent & Savable {
  const noise = createGenerator(4);
  let drift = Float32Array.of(0);
  return {
    algorithm: 'drifting',
    ...sizes,
    act: async (observations, { deterministic, generator = noise }) =>
      observations.map((x) =>
        Math.tanh((drift[0] ?? Number.NaN) + x / 10 + (deterministic ? 0 : generator.uniform() - 0.5)),
      ),
    update: async ({ rewards, discounts, weights }) => {
      const [reward = 0, discount = 0, weight = 0] = [rewards[0], discounts[0], weights?.[0]];
      drift = Float32Array.of((drift[0] ?? Number.NaN) + 0.1 * weight * Math.sin(reward + discount));
      return { drift: drift[0] ?? Number.NaN };
    },
    tdErrors: () => Float32Array.from({ length: 8 }, (_, i) => i + Math.abs(drift[0] ?? Number.NaN)),
    state: () => ({ tensors: { drift: { shape: [1], data: drift } }, values: { noise: noise.state() } }),
    restore: ({ tensors, values }) => {
      drift = Float32Array.from(tensors['drift']?.data ?? []);
      noise.restore(values['noise'] as ReturnType<typeof noise.state>);
    },
    dispose: async () => {},
  };
}

/** One sitting of a run in a folder: begins it, or goes on from its newest checkpoint. */
async function sitting(folder: string, onEvent: (event: TrainEvent) => void, signal?: AbortSignal) {
  const inner = driftingAgent();
  const observations = observationNormalizer({ size: 2 });
  const rewards = rewardScaler({ numEnvs: 2 });
  const parts = {
    agent: inner,
    env: vectorEnv(() => rescaleAction(timeLimit(multiGoal(), 7)), { numEnvs: 2 }),
    replay: replayBuffer({ capacity: 50, ...sizes, discount: 0.9, nStep: 3, prioritized: {}, seed: 3 }),
    observationNormalizer: observations,
    rewardScaler: rewards,
  };
  const checkpointFolder = path.join(folder, 'checkpoints');
  const checkpoint = await chooseCheckpoint(checkpointFolder);
  const restored = checkpoint && (await restoreRun(checkpointFolder, parts, checkpoint));
  const checkpoints = await openRunCheckpoints(checkpointFolder, parts, { restored });
  const position = restored?.log ?? { 'metrics.jsonl': 0 };
  const logger = await metricsWriter(path.join(folder, 'metrics.jsonl'), { position });
  try {
    return await trainOffPolicy({
      ...parts,
      agent: normalizedAgent(inner, { observations, rewards }),
      steps: STEPS,
      warmup: 20,
      batchSize: 8,
      logEvery: 10,
      seed: 1,
      checkpoint: { every: 25, save: (loop) => checkpoints.save(loop, { logger }) },
      resume: restored?.loop,
      signal: signal ? AbortSignal.any([signal, checkpoints.failed]) : checkpoints.failed,
      onEvent: async (event) => {
        await logger.log(event);
        onEvent(event);
      },
    });
  } finally {
    await checkpoints.settled();
    await logger.close();
  }
}

it.each([
  ['is stopped by its signal', 64, (controller: AbortController) => controller.abort()],
  [
    'fails between two checkpoints',
    92,
    () => {
      throw new Error('a power cut');
    },
  ],
])('a run that %s goes on to the bits that it would have had', async (_, at, interrupt) => {
  const [whole, interrupted] = [await temporaryFolder(), await temporaryFolder()];
  expect(await sitting(whole, () => {})).toMatchObject({ step: STEPS, aborted: false });

  const controller = new AbortController();
  const onEvent = ({ type, step }: TrainEvent) => {
    if (type === 'progress' && step === at) interrupt(controller);
  };
  const first = await sitting(interrupted, onEvent, controller.signal).catch(({ message }: Error) => message);
  expect(first).toEqual(at === 64 ? { step: 64, updates: 44, aborted: true } : 'a power cut');
  expect((await chooseCheckpoint(path.join(interrupted, 'checkpoints')))?.step).toBe(at === 64 ? 64 : 76);

  const steps: number[] = [];
  expect(await sitting(interrupted, ({ step }) => void steps.push(step))).toMatchObject({ step: STEPS });
  expect(steps[0]).toBeGreaterThan(64);
  expect(await logOf(interrupted)).toEqual(await logOf(whole));
  const [end, expected] = [
    await endOf(path.join(interrupted, 'checkpoints')),
    await endOf(path.join(whole, 'checkpoints')),
  ];
  // The chunks that the buffer lies in are cut where it was saved.
  expect(withoutChunks(end)).toEqual(withoutChunks(expected));
  const replays = [interrupted, whole].map((folder) => replayAt(path.join(folder, 'checkpoints')));
  expect(await replays[0]).toEqual(await replays[1]);
});

function withoutChunks(end: unknown): unknown {
  const { values, ...others } = Object(end);
  return { ...others, values: { ...values, replay: 0 } };
}

/** The buffer of a run's newest checkpoint. */
async function replayAt(checkpoints: string) {
  const checkpoint = await chooseCheckpoint(checkpoints);
  if (!checkpoint) throw new Error('there is no checkpoint.');
  const parts = {
    agent: driftingAgent(),
    env: vectorEnv(() => rescaleAction(timeLimit(multiGoal(), 7)), { numEnvs: 2 }),
    replay: replayBuffer({ capacity: 50, ...sizes, discount: 0.9, nStep: 3, prioritized: {}, seed: 9 }),
    observationNormalizer: observationNormalizer({ size: 2 }),
    rewardScaler: rewardScaler({ numEnvs: 2 }),
  };
  await restoreRun(checkpoints, parts, checkpoint);
  return parts.replay.state();
}

/** Kills its process as soon as there is a checkpoint of step 4000 or later. */
const KILLER = `data:text/javascript,${encodeURIComponent(`
  import { existsSync, readdirSync } from 'node:fs';
  const folder = 'runs/a/checkpoints';
  const saved = () => existsSync(folder) && readdirSync(folder).some((name) => Number(name) >= 4000);
  setInterval(() => saved() && process.kill(process.pid, 'SIGKILL'), 1).unref();
`)}`;

/** Runs the README's example in a folder, in a process of its own; gives its exit code and the signal that ended it. */
function example(cwd: string, ...flags: readonly string[]): Promise<unknown[]> {
  const script = fileURLToPath(new URL('../testing/resumable-run.js', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, ...flags, script], { cwd, stdio: 'inherit' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return once(child, 'exit');
}

it("the README's example, killed and run again, ends with the bits of one that ran through", async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const script = await readFile(new URL('../testing/resumable-run.js', import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`js\n${script}\`\`\`\n`);

  const [whole, killed] = [await temporaryFolder(), await temporaryFolder()];
  for (const folder of [whole, killed]) await mkdir(path.join(folder, 'runs'));
  expect(await example(killed, '--import', KILLER)).toEqual([null, 'SIGKILL']);
  expect((await chooseCheckpoint(path.join(killed, 'runs/a/checkpoints')))?.step).toBeLessThan(10_000);

  expect(await example(killed)).toEqual([0, null]);
  expect(await example(whole)).toEqual([0, null]);
  const [log, expected] = [await logOf(path.join(killed, 'runs/a')), await logOf(path.join(whole, 'runs/a'))];
  expect(expected.length).toBeGreaterThan(20);
  expect(log).toEqual(expected);
  expect(await endOf(path.join(killed, 'runs/a/checkpoints'))).toEqual(
    await endOf(path.join(whole, 'runs/a/checkpoints')),
  );
});
