import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { afterEach, describe, expect, it } from 'vitest';

import { createMeowAgent, NonFiniteError } from '../index.ts';
import type { LearnerFactory, MeowAgent, MeowConfig } from '../index.ts';
import { randomBatch } from '../testing/random-batch.ts';
import { SMALL } from '../testing/small-model.ts';
import { threadedLearner } from './threaded-learner.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const ROWS = 8;
const batchOf = (seed: number) => randomBatch(seed, ROWS, sizes);
const observations = batchOf(100).observations;

const open: MeowAgent[] = [];
afterEach(async () => {
  for (const agent of open.splice(0)) await agent.dispose();
});

async function agentWith(
  learner: LearnerFactory | undefined,
  config: Partial<MeowConfig> = {},
): Promise<MeowAgent> {
  const agent = await createMeowAgent({
    runtime: onnxRuntimeNode(),
    ...sizes,
    seed: 4,
    config: { ...SMALL, ...config },
    ...(learner && { learner }),
  });
  open.push(agent);
  return agent;
}
const threaded = (threads: number, config?: Partial<MeowConfig>) =>
  agentWith(threadedLearner({ threads }), config);

/** Everything that an agent gives after each of some updates. */
async function history(agent: MeowAgent, updates: number, first = 1) {
  const steps = [];
  for (let i = first; i < first + updates; i++)
    steps.push({
      metrics: await agent.update(batchOf(i)),
      action: await agent.act(observations, { deterministic: false }),
      tdErrors: agent.tdErrors(),
    });
  return { steps, state: agent.state() };
}

const dropout = { dropout: 0.25 };

describe('threadedLearner', () => {
  it('has the bits of an agent without threads with one thread', async () => {
    const plain = await history(await agentWith(undefined, dropout), 6);
    expect(await history(await threaded(1, dropout), 6)).toEqual(plain);
  });

  it('gives the same bits in every run', async () => {
    const first = await history(await threaded(3, dropout), 8);
    expect(await history(await threaded(3, dropout), 8)).toEqual(first);
  });

  it.each([2, 3])('makes the update of the whole batch with %d threads', async (threads) => {
    const [whole, shared] = [await agentWith(undefined), await threaded(threads)];
    for (let i = 1; i <= 5; i++) {
      const [expected, found] = [await whole.update(batchOf(i)), await shared.update(batchOf(i))];
      for (const [name, value] of Object.entries(expected))
        expect(found, name).toHaveProperty(name, expect.closeTo(value, 4));
      for (const [row, error] of whole.tdErrors().entries())
        expect(shared.tdErrors()[row]).toBeCloseTo(error, 4);
    }
    const [expected, found] = [whole.state().tensors, shared.state().tensors];
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [name, { data }] of Object.entries(expected))
      for (const [i, value] of Array.from(data).entries())
        expect(found[name]?.data[i], name).toBeCloseTo(value, 3);
  });

  it('names the entry that is not finite, in whosever share it is', async () => {
    const agent = await threaded(2);
    const start = agent.state();
    for (const row of [0, ROWS - 1]) {
      agent.restore(start);
      await agent.update(batchOf(1));
      const batch = batchOf(2);
      batch.rewards[row] = Number.NaN;
      const error: unknown = await agent.update(batch).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(NonFiniteError);
      expect(error).toMatchObject({ update: 2, term: `entry ${row} of the batch's rewards` });
    }
    const diverging = await threaded(2, { learningRate: 1e38 });
    await expect(diverging.update(batchOf(1))).rejects.toThrow('the norm of the new parameters');
  });

  it('acts during an update with the parameters from before, and lets nothing else meet it', async () => {
    const agent = await threaded(2);
    await expect(agent.update(randomBatch(1, ROWS + 1, sizes))).rejects.toThrow(
      "the batch's observation has 27 entries, expected 24",
    );
    await agent.update(batchOf(1));
    const before = await agent.act(observations, { deterministic: true });
    const running = agent.update(batchOf(2));
    // All at once, before it can have finished.
    const acting = agent.act(observations, { deterministic: true });
    expect(() => agent.state()).toThrow('has not finished');
    await expect(agent.update(batchOf(3))).rejects.toThrow('has not finished');
    expect(await acting).toEqual(before);
    await expect(running).resolves.toHaveProperty('loss');
    expect(await agent.act(observations, { deterministic: true })).not.toEqual(before);

    const last = agent.update(batchOf(3));
    await agent.dispose();
    await expect(last).resolves.toHaveProperty('loss');
    await expect(agent.update(batchOf(4))).rejects.toThrow('disposed');
    await agent.dispose();
  });

  it.each([0, 1.5, ROWS + 1])('refuses %d threads', async (threads) => {
    await expect(threaded(threads)).rejects.toThrow(
      `threads is ${threads}, expected a whole number from 1 to the batch size 8`,
    );
  });
});

describe('a thread that ends', () => {
  it('fails the update under its name, and everything after that but acting', async () => {
    let draws = 0;
    // A window behind the end of the mask bank, in the second thread's third update: the first one then waits for it.
    const failing: LearnerFactory = (setup) => {
      const fillIntegers = (out: Int32Array, end: number) => {
        draws += 1;
        if (draws === 6) out.fill(2 ** 30);
        else setup.dropoutOffsets.fillIntegers(out, end);
      };
      return threadedLearner({ threads: 2 })({
        ...setup,
        dropoutOffsets: { ...setup.dropoutOffsets, fillIntegers },
      });
    };
    const agent = await agentWith(failing, dropout);
    await history(agent, 2);
    const ended = /learner thread 1 \(of 2\) ended: .*Make a new agent and restore its last saved state/s;
    await expect(agent.update(batchOf(3))).rejects.toThrow(ended);
    await expect(agent.update(batchOf(3))).rejects.toThrow(ended);
    expect(() => agent.state()).toThrow(ended);
    expect(await agent.act(observations, { deterministic: true })).toHaveLength(2 * ROWS);
    await agent.dispose();
  });
});
