import { afterEach, describe, expect, it } from 'vitest';

import { floatsAt } from '@meow-rl/graph';
import { createGenerator } from '@meow-rl/random';

import { randomBatch } from '../testing/random-batch.ts';
import { smallModel } from '../testing/small-model.ts';
import { learnerMemory } from './memory.ts';
import { startTeam } from './thread-team.ts';
import type { ThreadTeam } from './thread-team.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const model = smallModel(sizes, { couplings: 1, hidden: [2], shiftHidden: [2] });
const { config } = model;
const setup = {
  engine: 'onnxruntime-node',
  sizes,
  seed: 0,
  callerTakesPart: false,
  awakeMilliseconds: 0.2,
} as const;

const open: ThreadTeam[] = [];
afterEach(async () => {
  for (const team of open.splice(0)) await team.end();
});

/** A team at the start of training, with a batch to learn from. */
async function teamOf(threads: number) {
  const memory = learnerMemory(model, threads);
  const team = await startTeam({ ...setup, config, threads, memory });
  open.push(team);
  const batch = randomBatch(1, config.batchSize, sizes);
  memory.batch.observation.set(batch.observations);
  memory.batch.action.set(batch.actions);
  memory.batch.reward.set(batch.rewards);
  memory.batch.nextObservation.set(batch.nextObservations);
  memory.batch.weight.fill(1);
  const initial = model.initialize(createGenerator(2));
  floatsAt(memory.state.parameters).set(initial);
  floatsAt(memory.state.target).set(initial);
  team.runNow('write');
  return { team, memory };
}

describe('startTeam', () => {
  it('makes each of thousands of updates once', async () => {
    const UPDATES = 2000;
    const { team, memory } = await teamOf(2);
    const losses: number[] = [];
    for (let i = 0; i < UPDATES; i++) {
      await team.run('update');
      // Long enough now and then for the threads to fall asleep, short enough in between for them not to.
      if (i % 100 === 0) await new Promise((resolve) => void setTimeout(resolve, 1));
      losses.push((memory.metrics[0]?.[0] ?? Number.NaN) + (memory.metrics[1]?.[0] ?? Number.NaN));
    }
    team.runNow('read');
    // Adam's weight counts the steps: 1 − βⁿ; a step too many or too few would be 1e-5 off.
    expect(floatsAt(memory.state.secondWeight)[0]).toBeCloseTo(1 - 0.999 ** UPDATES, 5);

    const again = await teamOf(2);
    for (const loss of losses.slice(0, 500)) {
      await again.team.run('update');
      expect((again.memory.metrics[0]?.[0] ?? 0) + (again.memory.metrics[1]?.[0] ?? 0)).toBe(loss);
    }
  });

  it('says why a thread could not be started', async () => {
    const memory = learnerMemory(model, 2);
    const broken = { ...config, batchSize: 1 };
    await expect(startTeam({ ...setup, config: broken, threads: 2, memory })).rejects.toThrow(
      /meow: learner thread [01] \(of 2\) ended: /,
    );
  });
});
