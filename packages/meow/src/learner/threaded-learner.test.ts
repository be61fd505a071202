import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { referenceRuntime } from '@meow-rl/graph';
import type { Runtime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { onnxRuntimeFused, whyUnavailable } from '@meow-rl/onnxruntime-fused';
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
  runtime: Runtime = onnxRuntimeNode(),
): Promise<MeowAgent> {
  const agent = await createMeowAgent({
    runtime,
    ...sizes,
    seed: 4,
    config: { ...SMALL, ...config },
    ...(learner && { learner }),
  });
  open.push(agent);
  return agent;
}
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

const engines: readonly (readonly [string, () => Runtime])[] = [
  ['onnxruntime-node', onnxRuntimeNode],
  ...(whyUnavailable() === undefined || process.env['CI'] === 'true'
    ? [['onnxruntime-fused', onnxRuntimeFused] as const]
    : []),
];
const places = [
  ['beside the calling thread', false],
  ['in the background', true],
] as const;

describe.each(engines)('threadedLearner on %s', (_, makeRuntime) => {
  const agentOn = (learner?: LearnerFactory, config?: Partial<MeowConfig>) =>
    agentWith(learner, config, makeRuntime());

  describe.each(places)('%s', (__, background) => {
    const threaded = (threads: number, config?: Partial<MeowConfig>) =>
      agentOn(threadedLearner({ threads, background }), config);

    it('has the bits of an agent without threads with one thread', async () => {
      const plain = await history(await agentOn(undefined, dropout), 6);
      expect(await history(await threaded(1, dropout), 6)).toEqual(plain);
    });

    it('gives the same bits in every run', async () => {
      const first = await history(await threaded(3, dropout), 8);
      expect(await history(await threaded(3, dropout), 8)).toEqual(first);
    });

    it.each([2, 3])('makes the update of the whole batch with %d threads', async (threads) => {
      const [whole, shared] = [await agentOn(undefined), await threaded(threads)];
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
      const { tensors, values } = start;
      const far = Object.entries(tensors).map(([name, { shape, data }]) => [
        name,
        { shape, data: name.startsWith('firstMoment.') ? Float32Array.from(data, () => 1e35) : data },
      ]);
      agent.restore({ tensors: Object.fromEntries(far), values });
      await expect(agent.update(batchOf(1))).rejects.toThrow('the norm of the new parameters');
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
  });

  it('gives the same bits wherever its threads are', async () => {
    const beside = await history(await agentOn(threadedLearner(), dropout), 6);
    const behind = await agentOn(threadedLearner({ background: true }), dropout);
    expect(await history(behind, 6)).toEqual(beside);
  });
});

describe('threadedLearner', () => {
  it('has an agent act during updates only where they are in the background', async () => {
    const agents = [{}, { background: true }, { threads: 1 }, { threads: 1, background: true }].map((own) =>
      agentWith(threadedLearner(own)),
    );
    expect((await Promise.all(agents)).map((agent) => agent.actsDuringUpdate)).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it('refuses a runtime that threads cannot load', async () => {
    await expect(agentWith(threadedLearner(), {}, referenceRuntime)).rejects.toThrow(
      "threads can't load the runtime reference. Give the agent one of onnxruntime-node, onnxruntime-fused.",
    );
  });

  it.each([0, 1.5, ROWS + 1])('refuses %d threads', async (threads) => {
    await expect(agentWith(threadedLearner({ threads }))).rejects.toThrow(
      `threads is ${threads}, expected a whole number from 1 to the batch size 8`,
    );
  });
});

describe.each(engines)('a thread of %s that ends', (_, makeRuntime) => {
  it.each([
    ['in the background', true, 6, 'learner thread 1 (of 2) ended: '],
    ['beside the calling thread', false, 6, 'learner thread 1 (of 2) ended: '],
    ['that is the calling one', false, 5, "the calling thread's part failed: "],
  ])(
    '%s fails the update, and everything after that but acting',
    async (__, background, failing, problem) => {
      let draws = 0;
      // A window behind the end of the mask bank, in one thread's third update: the other one then waits for it.
      const learner: LearnerFactory = (setup) => {
        const fillIntegers = (out: Int32Array, end: number) => {
          draws += 1;
          if (draws === failing) out.fill(2 ** 30);
          else setup.dropoutOffsets.fillIntegers(out, end);
        };
        return threadedLearner({ threads: 2, background })({
          ...setup,
          dropoutOffsets: { ...setup.dropoutOffsets, fillIntegers },
        });
      };
      const agent = await agentWith(learner, dropout, makeRuntime());
      await history(agent, 2);
      const error: unknown = await agent.update(batchOf(3)).catch((reason: unknown) => reason);
      const { message } = error instanceof Error ? error : new Error('no error');
      expect(message).toContain(problem);
      // Its own words.
      expect(message).toContain('where a window of');
      expect(message).toContain('Make a new agent and restore its last saved state');
      await expect(agent.update(batchOf(3))).rejects.toThrow(message);
      expect(() => agent.state()).toThrow(message);
      expect(await agent.act(observations, { deterministic: true })).toHaveLength(2 * ROWS);
      await agent.dispose();
    },
  );
});

it.skipIf(engines.length < 2)('a thread that ends does not let the process end without a word', async () => {
  const file = fileURLToPath(new URL('../testing/dying-thread.ts', import.meta.url));
  const args = [...process.execArgv, file];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toContain('learner thread 1 (of 2) ended: ');
});
