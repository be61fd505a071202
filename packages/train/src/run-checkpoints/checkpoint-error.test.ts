import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { multiGoal, vectorEnv } from '@meow-rl/envs';
import { replayBuffer, type ReplayBuffer } from '@meow-rl/replay';
import { describe, expect, it } from 'vitest';

import { openCheckpointStore } from '../checkpoints/checkpoint-store.ts';
import { readCheckpoint } from '../checkpoints/checkpoint.ts';
import { observationNormalizer } from '../normalizers/observation-normalizer.ts';
import type { OffPolicyState } from '../off-policy-state.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { CheckpointError } from './checkpoint-error.ts';
import { chooseCheckpoint } from './choose-checkpoint.ts';
import { damagedCheckpoint } from './damaged-checkpoint.ts';
import { deleteCheckpoints } from './delete-checkpoints.ts';
import { openRunCheckpoints } from './open-run-checkpoints.ts';
import type { Savable } from '../contracts/savable.ts';
import { rewardScaler } from '../normalizers/reward-scaler.ts';
import { restoreAgent, restoreRun } from './restore-run.ts';
import type { RunParts } from './run-parts.ts';

const sizes = { observationSize: 2, actionSize: 2 };

function makeParts(): RunParts & { readonly replay: ReplayBuffer } {
  const env = vectorEnv(() => multiGoal(), { numEnvs: 1, autoresetMode: 'same-step' });
  env.reset({ seed: 0 });
  return {
    agent: { state: () => ({ tensors: {}, values: { seen: 1 } }), restore: () => {} },
    env,
    replay: replayBuffer({ capacity: 4, ...sizes, discount: 0.9, seed: 0 }),
  };
}

/** A run with checkpoints at steps 10, 20 and 30, each with a transition more than the one before. */
async function savedRun(options: { readonly withEnvironments?: boolean } = {}, parts = makeParts()) {
  const folder = path.join(await temporaryFolder(), 'checkpoints');
  const checkpoints = await openRunCheckpoints(folder, parts, options);
  for (const step of [10, 20, 30]) {
    const row = new Float32Array(2);
    const ends = { rewards: Float32Array.of(step), terminated: Uint8Array.of(0) };
    parts.replay.add({ observations: row, actions: row, nextObservations: row, ...ends });
    // Of the loop's state nothing but the step is looked at here.
    const loop: OffPolicyState = JSON.parse(JSON.stringify({ step }));
    await checkpoints.save(loop);
  }
  await checkpoints.settled();
  const at = (...names: readonly string[]) => path.join(folder, ...names);
  return { folder, at, newest: await readCheckpoint(at('30')) };
}

const refuses = () => {
  throw new Error('Hollow-v0 has none.');
};

/** The error that work ends with, which has to be one of a checkpoint. */
async function errorOf(work: () => unknown): Promise<CheckpointError> {
  const error = await Promise.resolve()
    .then(work)
    .catch((reason: unknown) => reason);
  if (error instanceof CheckpointError) return error;
  throw new Error(`expected a CheckpointError, got ${String(error)}`);
}

describe('a checkpoint error says what happened and what to do', () => {
  it('where the checkpoint is not there', async () => {
    const { folder } = await savedRun();
    expect(await errorOf(() => chooseCheckpoint(folder, 25))).toMatchObject({
      problem: 'missing',
      message: `${folder} has no checkpoint 25. It has 30, 20, 10.`,
      statement: `${folder} has no checkpoint 25`,
      remedy: 'It has 30, 20, 10.',
    });
    expect(await chooseCheckpoint(path.join(folder, 'elsewhere'))).toBeUndefined();
  });

  it('where it is damaged, with the newest one before it that is whole', async () => {
    const { folder, at } = await savedRun();
    for (const step of ['20', '30']) await writeFile(at(step, 'tensors.safetensors'), '');
    const error = await errorOf(() => chooseCheckpoint(folder));
    expect(error).toMatchObject({ problem: 'damaged', earlier: 10, stepsLost: 20, name: 'CheckpointError' });
    expect(error.message).toMatch(
      /checkpoint \S+30 is damaged: .*\. Restore checkpoint 10, which is whole: 20 steps are then lost\.$/,
    );
    await rm(at('10'), { recursive: true });
    const hopeless = await errorOf(() => chooseCheckpoint(folder));
    expect(hopeless).toMatchObject({ problem: 'damaged', earlier: undefined, stepsLost: undefined });
    expect(hopeless.message).toMatch(/\. No earlier checkpoint is whole: begin the run anew\.$/);
  });

  it('where its part of the replay buffer is damaged, which later ones share with it', async () => {
    const { folder, at, newest } = await savedRun();
    const { chunks }: { chunks: { name: string }[] } = JSON.parse(JSON.stringify(newest.values['replay']));
    await writeFile(at('replay', String(chunks.at(-1)?.name)), 'nonsense');
    const error = await errorOf(() => restoreRun(folder, makeParts(), newest));
    expect(error).toMatchObject({ problem: 'damaged', earlier: 20, stepsLost: 10 });
    for (const name of await readdir(at('replay'))) await writeFile(at('replay', name), 'nonsense');
    expect(await errorOf(() => restoreRun(folder, makeParts(), newest))).toMatchObject({
      earlier: undefined,
    });
  });

  it('where the logs do not reach it', async () => {
    const { folder } = await savedRun();
    const cause = new Error('metrics.jsonl is short.');
    let asked = 0;
    const error = await damagedCheckpoint(cause, folder, 30, async () => (asked += 1) === 2);
    expect(error).toMatchObject({ statement: 'metrics.jsonl is short', earlier: 10, cause });
  });

  it('where it is of something else than a run', async () => {
    const folder = await temporaryFolder();
    const store = await openCheckpointStore(folder);
    const checkpoint = { step: 1, values: { loop: {}, agent: {} }, tensors: {} };
    await store.save(checkpoint);
    expect(await errorOf(() => restoreRun(folder, makeParts(), checkpoint))).toMatchObject({
      problem: 'no run',
      message: `checkpoint ${path.join(folder, '1')} is not of a training run. Give the folder that openRunCheckpoints wrote to.`,
    });
  });

  it('where the agent has other settings, with what it says', async () => {
    const { folder, newest } = await savedRun();
    const cause = new Error('the state has 3 layers, expected 2.');
    const agent = {
      ...makeParts().agent,
      restore: () => {
        throw cause;
      },
    };
    expect(await errorOf(() => restoreAgent(agent, newest, folder))).toMatchObject({
      problem: 'other agent',
      message:
        `checkpoint ${path.join(folder, '30')} does not fit the agent (the state has 3 layers, expected 2). ` +
        'Make the agent with the settings that the run was begun with.',
      cause,
    });
  });

  it.each([
    ['has no normalizer that it was saved with', true, 'holds statistics for observationNormalizer. Give'],
    [
      'has a normalizer that it was begun without',
      false,
      'holds no statistics for observationNormalizer. Leave',
    ],
  ])('where the run %s', async (_, wasSaved, message) => {
    const normalized = { ...makeParts(), observationNormalizer: observationNormalizer({ size: 2 }) };
    const { folder, newest } = await savedRun({}, wasSaved ? normalized : makeParts());
    const error = await errorOf(() => restoreRun(folder, wasSaved ? makeParts() : normalized, newest));
    expect(error.problem).toBe('other agent');
    expect(error.message).toContain(`${path.join(folder, '30')} ${message}`);
  });

  it('not where the environments gave no state: all else is put back, and it says that they are to be restarted', async () => {
    const parts = { ...makeParts(), rewardScaler: rewardScaler({ numEnvs: 1 }) };
    parts.rewardScaler.observe([1, 2], [0, 0], [0, 0]);
    const { folder, newest } = await savedRun({ withEnvironments: false }, parts);
    let values: unknown;
    const agent: Savable = { ...parts.agent, restore: (state) => void ({ values } = state) };
    const env = { ...parts.env, restore: () => expect.fail('there is nothing to restore') };
    const other = { ...makeParts(), agent, env, rewardScaler: rewardScaler({ numEnvs: 1 }) };
    expect(await restoreRun(folder, other, newest)).toMatchObject({ step: 30, restartEnvironments: true });
    expect(values).toEqual({ seen: 1 });
    expect(other.replay.state()).toEqual(parts.replay.state());
    // The return that ran when it was saved belongs to an episode that is given up.
    expect(other.rewardScaler.state()).toEqual({ ...parts.rewardScaler.state(), returns: [0] });
  });

  it('where environments are to be saved that give no state, before anything is trained', async () => {
    const folder = path.join(await temporaryFolder(), 'checkpoints');
    const parts: RunParts = { ...makeParts(), env: { ...makeParts().env, state: refuses } };
    await expect(openRunCheckpoints(folder, parts)).rejects.toThrow(
      "openRunCheckpoints: the environments can't be saved (Hollow-v0 has none). Or open with { withEnvironments: false }: a run that goes on then begins new episodes.",
    );
    await openRunCheckpoints(folder, parts, { withEnvironments: false });
  });

  it('where another run would be written over, and nothing is', async () => {
    const { folder } = await savedRun();
    const before = await readdir(folder);
    expect(await errorOf(() => openRunCheckpoints(folder, makeParts()))).toMatchObject({
      problem: 'occupied',
      statement: `${folder} holds the checkpoints of a run, up to step 30`,
    });
    expect(await readdir(folder)).toEqual(before);
  });

  it('where the folder of a checkpoint holds other files, and nothing is deleted', async () => {
    const { folder, at } = await savedRun();
    await writeFile(at('20', 'notes.txt'), 'mine');
    const before = await readdir(folder, { recursive: true });
    expect(await errorOf(() => deleteCheckpoints(folder))).toMatchObject({
      problem: 'other files',
      message: `${at('20', 'notes.txt')} is no part of a checkpoint, which would be deleted with it. Move it elsewhere.`,
    });
    expect(await readdir(folder, { recursive: true })).toEqual(before);
    await rm(at('20', 'notes.txt'));
    await deleteCheckpoints(folder);
    expect(await readdir(path.dirname(folder))).toEqual([]);
  });
});
