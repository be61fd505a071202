import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { recordingFiles } from '@meow-rl/files/testing';
import { multiGoal, vectorEnv } from '@meow-rl/envs';
import { replayBuffer } from '@meow-rl/replay';
import { describe, expect, it } from 'vitest';

import { listCheckpoints, type Checkpoint } from '../checkpoints/checkpoint.ts';
import type { Savable } from '../contracts/savable.ts';
import type { OffPolicyState } from '../off-policy-state.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { chooseCheckpoint } from './choose-checkpoint.ts';
import { openRunCheckpoints } from './open-run-checkpoints.ts';
import { restoreRun } from './restore-run.ts';
import type { RunParts } from './run-parts.ts';

const sizes = { observationSize: 2, actionSize: 2 };

/** Test double: an agent that has nothing to save. */
const blankAgent: Savable = {
  state: () => ({ tensors: { parameters: { shape: [1], data: Float32Array.of(7) } }, values: {} }),
  restore: () => {},
};

/** A run without training: checkpoints hold what is put into its buffer of 20 transitions. */
function madeUpRun() {
  const replay = replayBuffer({ capacity: 20, ...sizes, discount: 0.9, seed: 0 });
  const env = vectorEnv(() => multiGoal(), { numEnvs: 1, autoresetMode: 'same-step' });
  env.reset({ seed: 0 });
  const parts: RunParts = { agent: blankAgent, env, replay };
  const add = (count: number) => {
    for (let i = 0; i < count; i += 1) {
      const number = Float32Array.of(replay.added, replay.added);
      replay.add({
        observations: number,
        actions: new Float32Array(2),
        rewards: Float32Array.of(replay.added),
        nextObservations: number,
        terminated: Uint8Array.of(0),
      });
    }
  };
  return { parts, add };
}

/** Of the loop's state nothing but the step is looked at here. */
const loopAt = (step: number): OffPolicyState => JSON.parse(JSON.stringify({ step }));

/** Saves a checkpoint for each score, at steps 10, 20, ..., with 20 new transitions each; keeps all but what `keepLast` says. */
async function saveRun(folder: string, scores: readonly (number | undefined)[], keepLast = 100) {
  const { parts, add } = madeUpRun();
  const checkpoints = await openRunCheckpoints(folder, parts, { keepLast });
  for (const [i, score] of scores.entries()) {
    add(20);
    await checkpoints.save(loopAt(10 * (i + 1)), { score });
  }
  await checkpoints.settled();
}

const chunksIn = async (folder: string) => (await readdir(path.join(folder, 'replay'))).toSorted();

function chunksOf({ values }: Checkpoint): string[] {
  const { chunks }: { chunks: { name: string }[] } = JSON.parse(JSON.stringify(values['replay']));
  return chunks.map(({ name }) => name);
}

const choose = async (folder: string, choice: 'last' | 'best' | number) => {
  const checkpoint = await chooseCheckpoint(folder, choice);
  if (!checkpoint) throw new Error('there is no checkpoint.');
  return checkpoint;
};

describe('the best checkpoint', () => {
  const none = undefined;
  it.each([
    ['in the middle, of losses only', [-5, -1, -3, -9, -2], 20],
    ['the first', [-1, -5, -3], 10],
    ['the newest', [3, -1, 5], 30],
    ['the newer of two equals', [4, 7, 7, 1, 2], 30],
    ['0 among losses', [-3, 0, -2, -1], 20],
    ['one with a score, whatever others without one might be', [none, -8, none, none], 20],
    ['the newest, where none has a score', [none, none], 20],
  ])('is %s', async (_, scores, step) => {
    const folder = await temporaryFolder();
    await saveRun(folder, scores);
    expect(await choose(folder, 'best')).toMatchObject({ step });
    expect(await choose(folder, 'last')).toMatchObject({ step: 10 * scores.length });
  });

  it('is none that is damaged', async () => {
    const folder = await temporaryFolder();
    await saveRun(folder, [1, 2, 9, 3, -4]);
    await writeFile(path.join(folder, '30', 'state.json'), 'nonsense');
    expect(await choose(folder, 'best')).toMatchObject({ step: 40, score: 3 });
  });

  it('stays beside the last ones', async () => {
    const folder = await temporaryFolder();
    await saveRun(folder, [-1, -0.5, -2, -3, -2], 2);
    expect(await listCheckpoints(folder)).toEqual([50, 40, 20]);
    expect(await choose(folder, 'best')).toMatchObject({ step: 20, score: -0.5 });
  });
});

describe('chunks of the replay buffer', () => {
  it('go with the last checkpoint that needs them', async () => {
    const folder = await temporaryFolder();
    await saveRun(folder, [1, 2, 3, 4], 1);
    expect(await listCheckpoints(folder)).toEqual([40]);
    expect(await chunksIn(folder)).toEqual(chunksOf(await choose(folder, 40)));
  });

  it('are on the disk before the checkpoint is begun, and go when none that needs them can come back', async () => {
    const folder = await temporaryFolder();
    const files = recordingFiles(folder);
    const { parts, add } = madeUpRun();
    const checkpoints = await openRunCheckpoints(folder, parts, { keepLast: 1, files });
    add(20);
    await checkpoints.save(loopAt(10), { score: 1 });
    await checkpoints.settled();
    add(20);
    files.done.length = 0;
    await checkpoints.save(loopAt(20), { score: 2 });
    await checkpoints.settled();
    const stages = [
      /^rename replay\/\S+\.tmp to replay\//,
      /^sync replay$/,
      /^mkdir \.saving-20$/,
      /^rename \.saving-20 to 20$/,
      /^sync \.$/,
      /^rename 10 to \.deleting-10$/,
      /^sync \.$/,
      /^unlink replay\//,
    ];
    const stageOf = (done: string) => stages.findIndex((stage) => stage.test(done));
    const order = files.done.filter((done) => stageOf(done) >= 0);
    expect(order.map((done) => String(stages[stageOf(done)]))).toEqual(stages.map(String));
  });

  it('stay as long as there is a checkpoint that cannot be read, which may be read another day', async () => {
    const folder = await temporaryFolder();
    await saveRun(folder, [1, 2]);
    const early = await choose(folder, 10);
    const state = path.join(folder, '10', 'state.json');
    const text = await readFile(state, 'utf8');
    await writeFile(state, '');

    const { parts, add } = madeUpRun();
    const restored = await restoreRun(folder, parts, await choose(folder, 20));
    const checkpoints = await openRunCheckpoints(folder, parts, { keepLast: 1, restored });
    for (const step of [30, 40]) {
      add(20);
      await checkpoints.save(loopAt(step), { score: step });
    }
    await checkpoints.settled();
    expect(await listCheckpoints(folder)).toEqual([40, 10]);
    expect(await chunksIn(folder)).toEqual(expect.arrayContaining(chunksOf(early)));

    await writeFile(state, text);
    const again = madeUpRun();
    await restoreRun(folder, again.parts, await choose(folder, 10));
    expect(again.parts.replay.state().transitions.rewards).toEqual(
      Float32Array.from({ length: 20 }, (_, i) => i),
    );
  });
});
