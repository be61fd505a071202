import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { referenceRuntime } from '@meow-rl/graph';
import type { Runtime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { instructionSets, onnxRuntimeFused } from '@meow-rl/onnxruntime-fused';
import type { InstructionSet } from '@meow-rl/onnxruntime-fused';
import { afterEach, describe, expect, it } from 'vitest';

import { createAgent } from '../agent.ts';
import type { Agent } from '../agent.ts';
import { ENGINES, PLACES } from '../testing/describe-updates.ts';
import { deterministicActorCritic } from '../testing/deterministic-actor-critic.ts';
import { failingDraw } from '../testing/failing-draw.ts';
import { randomBatch } from '../testing/random-batch.ts';
import type { UpdatesFactory } from '../updates.ts';
import type { Pace } from './pace.ts';
import { threadedUpdates, threadedUpdatesPaced } from './threaded-updates.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const ROWS = 8;
const batchOf = (seed: number) => randomBatch(seed, ROWS, sizes);
const { observations } = batchOf(100);

/** What the fused engine's operators can use here. */
const sets = ENGINES.length < 2 ? [] : instructionSets();

const open: Agent[] = [];
afterEach(async () => {
  for (const agent of open.splice(0)) await agent.dispose();
});

interface Options {
  readonly runtime?: Runtime;
  readonly config?: { readonly dropout?: number; readonly hidden?: readonly number[] };
  readonly module?: string;
}

async function agentWith(
  updates: UpdatesFactory,
  { runtime = onnxRuntimeNode(), config = {}, module = deterministicActorCritic.module }: Options = {},
): Promise<Agent> {
  const definition = { ...deterministicActorCritic, module };
  const agent = await createAgent(definition, { runtime, ...sizes, seed: 4, config, updates });
  open.push(agent);
  return agent;
}

describe('threadedUpdates', () => {
  it('have an agent act during updates only where they are in the background', async () => {
    const options = [{}, { background: true }, { threads: 1 }, { threads: 1, background: true }];
    const agents = await Promise.all(options.map((option) => agentWith(threadedUpdates(option))));
    expect(agents.map((agent) => agent.actsDuringUpdate)).toEqual([false, true, false, true]);
  });

  it('refuse a runtime that threads cannot load', async () => {
    await expect(agentWith(threadedUpdates(), { runtime: referenceRuntime })).rejects.toThrow(
      "threads can't load the runtime reference. Give the agent one of onnxruntime-node, onnxruntime-fused.",
    );
  });

  it.skipIf(sets.length < 2).each(PLACES)(
    "compute with the instructions of the agent's runtime, %s",
    async (_, background) => {
      const learnedWith = async (instructionSet: InstructionSet | undefined) => {
        const agent = await agentWith(threadedUpdates({ background }), {
          runtime: onnxRuntimeFused(instructionSet ? { instructionSet } : {}),
          config: { hidden: [64, 64] },
        });
        await agent.update(batchOf(1));
        return agent.parameters();
      };
      const byDefault = await learnedWith(undefined);
      expect(await learnedWith(sets[0])).toEqual(byDefault);
      expect(await learnedWith(sets.at(-1))).not.toEqual(byDefault);
    },
  );

  it.each([0, 1.5, ROWS + 1])('refuse %d threads', async (threads) => {
    await expect(agentWith(threadedUpdates({ threads }))).rejects.toThrow(
      `threads is ${threads}, expected a whole number from 1 to the batch size 8`,
    );
  });

  it('say of a module that threads cannot import whose it is, and blame no agent', async () => {
    await expect(agentWith(threadedUpdates(), { module: 'file:///nowhere.ts' })).rejects.toThrow(
      /the module of deterministic-actor-critic is file:\/\/\/nowhere\.ts, which threads can't import: .*\. Give it the import\.meta\.url of the file that exports the definition\. No agent was made\.$/,
    );
  });

  it.skipIf(ENGINES.length < 2)(
    'do not start threads in threads where a definition is in a script',
    async () => {
      const file = fileURLToPath(new URL('../testing/definition-in-script.ts', import.meta.url));
      const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, file], {
        timeout: 30_000,
      });
      expect(stdout).toContain("called in a thread of an agent's updates, which imports file:");
      expect(stdout).toContain('Put the definition in a file that makes no agent.');
    },
  );

  it('make each of hundreds of updates once', async () => {
    const UPDATES = 200;
    const config = { hidden: [2] };
    const agent = await agentWith(threadedUpdates({ background: true }), { config });
    const batch = batchOf(1);
    const made: unknown[] = [];
    for (let i = 0; i < UPDATES; i += 1) {
      const metrics = await agent.update(batch);
      // Long enough now and then for the threads to fall asleep, short enough in between for them not to.
      if (i % 40 === 0) await new Promise((resolve) => void setTimeout(resolve, 1));
      made.push(metrics);
    }
    const { tensors } = agent.state();
    // Adam's correction counts the steps: 1 − βⁿ; a step too many or too few would be 1e-5 off.
    const counted = (group: string) => tensors[`${group}/adam/biasCorrection2`]?.data[0];
    expect(counted('critic')).toBeCloseTo(1 - 0.999 ** UPDATES, 5);
    expect(counted('centre')).toBeCloseTo(1 - 0.999 ** UPDATES, 5);
    expect(counted('actor')).toBeCloseTo(1 - 0.999 ** (UPDATES / 2), 5);

    const again = await agentWith(threadedUpdates({ background: true }), { config });
    for (const metrics of made.slice(0, 50)) expect(await again.update(batch)).toEqual(metrics);
  });

  it.each([false, true])(
    'say why a thread could not be started (in the background: %s)',
    async (background) => {
      const missing = new URL('no-such-module.ts', import.meta.url).href;
      await expect(agentWith(threadedUpdates({ background }), { module: missing })).rejects.toThrow(
        /^deterministic-actor-critic: learner thread [01] \(of 2\) ended: .*no-such-module/,
      );
      const another = new URL('shards.ts', import.meta.url).href;
      await expect(agentWith(threadedUpdates({ background }), { module: another })).rejects.toThrow(
        `${another} exports no definition of deterministic-actor-critic, which threads import it for`,
      );
    },
  );
});

/** One letter for each update: shared or alone. */
const pacedBy = (waysOf: () => string) => (): Pace => {
  let update = 0;
  return {
    get shares() {
      const ways = waysOf();
      return ways[update % ways.length] === 's';
    },
    took: () => {
      update += 1;
    },
  };
};

/** What twelve updates report, and now and then what is saved and restored, in the midst of either way. */
async function historyOf(agent: Agent): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  for (let update = 0; update < 12; update += 1) {
    seen.push(await agent.update(batchOf(update)), agent.tdErrors());
    if (update % 3 !== 2) continue;
    const state = agent.state();
    seen.push(state);
    await agent.update(batchOf(50));
    agent.restore(state);
  }
  return seen;
}

describe.each(ENGINES)('updates on %s', (_, makeRuntime) => {
  it('have the same bits whether threads share them or the calling one makes them alone', async () => {
    let ways = 's';
    const updates = threadedUpdatesPaced(
      { threads: 3 },
      pacedBy(() => ways),
    );
    const agent = await agentWith(updates, { config: { dropout: 0.25 }, runtime: makeRuntime() });
    const start = agent.state();
    const shared = await historyOf(agent);
    for (ways of ['a', 'ssaa', 'aasas']) {
      agent.restore(start);
      expect(await historyOf(agent)).toEqual(shared);
    }
  });
});

describe.each(ENGINES)('a thread of %s that ends', (_, makeRuntime) => {
  it.each([
    ['in the background', true, 6, 'learner thread 1 (of 2) ended: '],
    ['beside the calling thread', false, 6, 'learner thread 1 (of 2) ended: '],
    ['that is the calling one', false, 5, "the calling thread's part failed: "],
    ['that makes updates alone', false, 6, "the calling thread's part failed: ", 'a'],
  ])('%s fails the update, and everything after that but acting', async (...given) => {
    const [, background, draw, problem, ways = 's'] = given;
    // In one thread's third update: the other one then waits for it.
    const updates = failingDraw(
      draw,
      threadedUpdatesPaced(
        { threads: 2, background },
        pacedBy(() => ways),
      ),
    );
    const agent = await agentWith(updates, { config: { dropout: 0.25 }, runtime: makeRuntime() });
    for (const seed of [1, 2]) await agent.update(batchOf(seed));
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
  });
});

it.skipIf(ENGINES.length < 2)('a thread that ends does not let the process end without a word', async () => {
  const file = fileURLToPath(new URL('../testing/dying-thread.ts', import.meta.url));
  const args = [...process.execArgv, file];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toContain('learner thread 1 (of 2) ended: ');
});
