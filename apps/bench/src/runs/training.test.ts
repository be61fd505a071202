import { join } from 'node:path';

import type { TransitionBatch } from '@meow-rl/replay';
import type { MetricsEvent } from '@meow-rl/train';
import { listCheckpoints, readCheckpoint } from '@meow-rl/train/node';
import { describe, expect, it } from 'vitest';

import { allEvents } from './read-events.ts';
import { parseTrainSettings } from './train-settings.ts';
import { resolveTrain, type ResolvedTrain } from './resolve.ts';
import { createRunAgent, runAgentOf } from './run-agent.ts';
import { meow } from '../algorithms/meow.ts';
import { createRunFolder } from './run-folder.ts';
import { captureIo } from '../testing/capture.ts';
import { temporaryFolder } from '../testing/temporary.ts';
import { runTraining } from './training.ts';
import { createUi } from '../cli/ui.ts';

const GAMMA = 0.8;

/** Settings of a small run whose target's parameters are those that act: then the agent's V is the target's. */
const settingsWith = (given: object) =>
  resolveTrain(
    parseTrainSettings(
      {
        env: 'MultiGoal-v0',
        steps: 60,
        warmup: 30,
        evaluateEvery: 1000,
        noTensorboard: true,
        agent: {
          gamma: GAMMA,
          tau: 1,
          alpha: 1,
          dropout: 0,
          batchSize: 16,
          hidden: [8],
          shiftHidden: [8],
          couplings: 1,
          logSigmaMin: -1,
          logSigmaMax: 0,
        },
        ...given,
      },
      'the test',
    ),
  );

async function partsOf(settings: ResolvedTrain, path: string) {
  return {
    agent: await runAgentOf(meow, settings),
    folder: await createRunFolder({ path, command: 'train', force: false }),
    ui: createUi(captureIo(), { json: false, quiet: true }),
  };
}

/** An update as it was asked for, what its mean target has to be, and what it was. */
interface SeenUpdate {
  readonly discounts: readonly number[];
  readonly weights: readonly number[];
  readonly expected: number;
  readonly meanTarget: number;
}

/** Trains, and looks at every update on the way from the buffer to the agent. */
async function updatesOf(given: object): Promise<SeenUpdate[]> {
  const settings = await settingsWith(given);
  const { agent, folder, ui } = await partsOf(settings, join(await temporaryFolder(), 'run'));
  const seen: SeenUpdate[] = [];
  const update = async (batch: TransitionBatch) => {
    const discounts = Array.from(batch.discounts);
    const weights = Array.from(batch.weights ?? []);
    const values = await agent.unwrapped.value(batch.nextObservations);
    const targets = discounts.map((d, i) => (batch.rewards[i] ?? 0) + d * (values[i] ?? 0));
    const expected = targets.reduce((sum, y) => sum + y, 0) / targets.length;
    const metrics = await agent.unwrapped.update(batch);
    seen.push({ discounts, weights, expected, meanTarget: metrics['meanTarget'] ?? Number.NaN });
    return metrics;
  };
  await runTraining({ agent: { ...agent, agent: { ...agent.agent, update } }, settings, folder, ui });
  await agent.unwrapped.dispose();
  await folder.close();
  return seen;
}

describe.each([
  ['in the calling thread', {}, 30],
  ['in two threads', { learnerThreads: 2 }, 30],
  // The update behind the last step is left to a run of more steps.
  ['in a pipeline', { learnerThreads: 2, pipeline: true }, 29],
])('a run with updates %s', (_, threads, updates) => {
  it('learns from three steps at its own discount, weighted', async () => {
    const seen = await updatesOf({ ...threads, nStep: 3, prioritized: true });
    expect(seen).toHaveLength(updates);
    const discounts = new Set(seen.flatMap((one) => one.discounts));
    const possible = [GAMMA, GAMMA ** 2, GAMMA ** 3].map(Math.fround);
    expect([...discounts].filter((d) => d !== 0).toSorted((a, b) => b - a)).toEqual(possible);
    for (const { expected, meanTarget } of seen) expect(meanTarget / expected).toBeCloseTo(1, 4);
    expect(new Set(seen.at(-1)?.weights).size).toBeGreaterThan(3);
  });

  it('learns from single steps at its own discount', async () => {
    const seen = await updatesOf(threads);
    expect(seen).toHaveLength(updates);
    for (const { expected, meanTarget } of seen) expect(meanTarget / expected).toBeCloseTo(1, 4);
    const discounts = new Set(seen.flatMap((one) => one.discounts));
    expect([...discounts].filter((d) => d !== 0)).toEqual([Math.fround(GAMMA)]);
    expect(seen.flatMap(({ weights }) => weights)).toEqual([]);
  });
});

it('scores the checkpoints at evaluations, and no others', async () => {
  const settings = await settingsWith({ evaluateEvery: 20, checkpointEvery: 10, evaluationEpisodes: 1 });
  const path = join(await temporaryFolder(), 'run');
  const { agent, folder, ui } = await partsOf(settings, path);
  const { evaluations } = await runTraining({ agent, settings, folder, ui });
  await agent.unwrapped.dispose();
  await folder.close();
  const scores = new Map(evaluations.map(({ step, mean }) => [step, mean]));
  expect([...scores.keys()]).toEqual([20, 40, 60]);
  const kept = await listCheckpoints(folder.file('checkpoints'));
  const saved = await Promise.all(
    kept.map((step) => readCheckpoint(folder.file('checkpoints', String(step)))),
  );
  expect(saved.map(({ step, score }) => [step, score])).toEqual(kept.map((step) => [step, scores.get(step)]));
  expect(kept.slice(0, 3)).toEqual([60, 50, 40]);
});

it('tells averages as they are logged, and keeps the last', async () => {
  const settings = await settingsWith({ logEvery: 20 });
  const { agent, folder, ui } = await partsOf(settings, join(await temporaryFolder(), 'run'));
  const told: MetricsEvent[] = [];
  const onMetrics = (event: MetricsEvent) => told.push(event);
  const { lastMetrics, episodes } = await runTraining({ agent, settings, folder, ui, onMetrics });
  await agent.unwrapped.dispose();
  await folder.close();
  const logged = await allEvents(folder.file('metrics.jsonl'));
  expect(told.length).toBeGreaterThan(1);
  expect(told).toEqual(logged.filter(({ type }) => type === 'metrics'));
  expect(lastMetrics).toEqual(told.at(-1));
  expect(episodes).toBe(logged.filter(({ type }) => type === 'episode').length);
});

it('scales rewards by the spread of returns at its own discount', async () => {
  const agent = await createRunAgent(await settingsWith({ scaleRewards: true }));
  for (const reward of [1, 2, 4]) agent.rewardScaler?.observe([reward], [0], [0]);
  expect(agent.rewardScaler?.state().returns).toEqual([4 + GAMMA * (2 + GAMMA * 1)]);
  await agent.unwrapped.dispose();
});
