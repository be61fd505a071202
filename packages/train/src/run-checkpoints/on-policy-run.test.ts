import path from 'node:path';

import { multiGoal, vectorEnv } from '@meow-rl/envs';
import { replayBuffer, rolloutBuffer } from '@meow-rl/replay';
import { expect, it } from 'vitest';

import { readCheckpoint } from '../checkpoints/checkpoint.ts';
import type { OnPolicyState } from '../on-policy-state.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { openRunCheckpoints } from './open-run-checkpoints.ts';
import { restoreRun } from './restore-run.ts';
import { savedObservations } from './saved-run.ts';

const sizes = { observationSize: 2, actionSize: 2 };

function makeParts() {
  const env = vectorEnv(() => multiGoal(), { numEnvs: 1, autoresetMode: 'same-step' });
  env.reset({ seed: 0 });
  const agent = {
    state: () => ({ tensors: { weight: { shape: [1], data: Float32Array.of(2) } }, values: {} }),
    restore: ({ tensors }: { readonly tensors: object }) => expect(Object.keys(tensors)).toEqual(['weight']),
  };
  return { agent, env, rollout: rolloutBuffer({ steps: 3, numEnvs: 1, ...sizes }) };
}

// Of the loop's state nothing but these is looked at here.
const loopAt = (step: number): OnPolicyState => JSON.parse(JSON.stringify({ step, rolloutBegan: 0 }));

it('a checkpoint holds the rollout that has begun, and fits no run with a replay buffer', async () => {
  const folder = path.join(await temporaryFolder(), 'checkpoints');
  const parts = makeParts();
  const checkpoints = await openRunCheckpoints(folder, parts);
  await checkpoints.save(loopAt(0));
  const row = Float32Array.of(0.5, -0.5);
  const ends = { rewards: Float32Array.of(7), terminated: Uint8Array.of(0) };
  parts.rollout.add(
    { observations: row, actions: row, nextObservations: row, ...ends },
    { rows: [0], done: [0] },
    { logProbs: [-1], values: [3], finalValues: [0] },
  );
  const begun = parts.rollout.state();
  await checkpoints.save(loopAt(1));
  await checkpoints.settled();

  const [empty, checkpoint] = [
    await readCheckpoint(path.join(folder, '0')),
    await readCheckpoint(path.join(folder, '1')),
  ];
  const restored = makeParts();
  expect((await restoreRun(folder, restored, checkpoint)).loop.rolloutBegan).toBe(0);
  expect(restored.rollout.state()).toEqual(begun);
  expect(await savedObservations(checkpoint, folder, 5)).toEqual(row);
  await restoreRun(folder, restored, empty);
  expect(restored.rollout.size).toBe(0);
  expect(await savedObservations(empty, folder, 5)).toEqual(new Float32Array(0));

  const { rollout: _, ...others } = makeParts();
  const replay = replayBuffer({ capacity: 4, ...sizes, discount: 0.9, seed: 0 });
  await expect(restoreRun(folder, { ...others, replay }, checkpoint)).rejects.toThrow(
    /holds a rollout\. Give the run a rollout buffer, as when it was begun\.$/,
  );
});
