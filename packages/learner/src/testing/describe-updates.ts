import type { Runtime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { onnxRuntimeFused, whyUnavailable } from '@meow-rl/onnxruntime-fused';
import type { AgentState } from '@meow-rl/train';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

import { createAgent } from '../agent.ts';
import type { Agent } from '../agent.ts';
import type { AlgorithmDefinition, CommonSettings, NetworkGroups } from '../definition.ts';
import { NonFiniteError } from '../errors.ts';
import type { SettingsOf } from '../settings/index.ts';
import { threadedUpdates } from '../threads/threaded-updates.ts';
import type { UpdatesFactory } from '../updates.ts';
import { randomBatch } from './random-batch.ts';

/** The engines that threads can load. */
export const ENGINES: readonly (readonly [name: string, make: () => Runtime])[] = [
  ['onnxruntime-node', onnxRuntimeNode],
  ...(whyUnavailable() === undefined || process.env['CI'] === 'true'
    ? [['onnxruntime-fused', onnxRuntimeFused] as const]
    : []),
];

/** Where updates can happen with several threads. */
export const PLACES = [
  ['beside the calling thread', false],
  ['in the background', true],
] as const;

export interface UpdatesContractOptions<T extends CommonSettings> {
  /** Default: all that threads can load. */
  readonly engines?: typeof ENGINES;
  /** Default: {@link PLACES}. What places do differently is seen with any definition; that all give the same bits always is. */
  readonly places?: readonly (typeof PLACES)[number][];
  /** Settings for batches of 8 that are small and still have every part, but nothing that is drawn for each thread. */
  readonly config: Partial<SettingsOf<T>>;
  /** Settings that draw for each thread, as dropout does. */
  readonly perThread?: Partial<SettingsOf<T>>;
  /** A moment of an optimizer that makes the new parameters overflow, and the term that is then named. */
  readonly overflow: { readonly moment: string; readonly term: string };
}

const sizes = { observationSize: 3, actionSize: 2 };
const ROWS = 8;
const batchOf = (seed: number) => randomBatch(seed, ROWS, sizes);
const { observations } = batchOf(100);
const keyOf = (...setup: [threads: number, background: boolean, settings: object]) => JSON.stringify(setup);

/**
 * Tests that a definition's agents make the same updates wherever these happen, resume to the same bits, and say what went
 * wrong.
 */
export function describeUpdates<N extends NetworkGroups, T extends CommonSettings, Q extends string>(
  definition: AlgorithmDefinition<N, T, Q>,
  { engines = ENGINES, places = PLACES, config, perThread = {}, overflow }: UpdatesContractOptions<T>,
): void {
  const make = (
    runtime: Runtime,
    updates: UpdatesFactory | undefined,
    settings: Partial<SettingsOf<T>>,
  ): Promise<Agent<T, Q>> =>
    createAgent(definition, {
      runtime,
      ...sizes,
      seed: 4,
      config: { ...config, ...settings },
      ...(updates && { updates }),
    });

  /** Everything that an agent gives after each of some updates. */
  const history = async (agent: Agent<T, Q>, updates: number, first = 1) => {
    const steps = [];
    for (let i = first; i < first + updates; i += 1)
      steps.push({
        metrics: await agent.update(batchOf(i)),
        action: await agent.act(observations, { deterministic: false }),
        tdErrors: agent.tdErrors(),
      });
    return { steps, state: agent.state() };
  };

  describe.each(engines)(`updates of ${definition.name} on %s`, (_, makeRuntime) => {
    const disposed: Agent<T, Q>[] = [];
    afterEach(async () => {
      for (const agent of disposed.splice(0)) await agent.dispose();
    });
    /** An agent for one test. */
    const newAgent = async (updates: UpdatesFactory, settings: Partial<SettingsOf<T>>) => {
      const agent = await make(makeRuntime(), updates, settings);
      disposed.push(agent);
      return agent;
    };
    /** Agents that tests share, for each of which they start as new; 0 threads: without. */
    const agents = new Map<string, { readonly agent: Agent<T, Q>; readonly start: AgentState }>();
    const agentWith = async (threads: number, background = false, settings: Partial<SettingsOf<T>> = {}) => {
      const key = keyOf(threads, background, settings);
      let known = agents.get(key);
      if (!known) {
        const updates = threads > 0 ? threadedUpdates({ threads, background }) : undefined;
        const agent = await make(makeRuntime(), updates, settings);
        known = { agent, start: agent.state() };
        agents.set(key, known);
      }
      known.agent.restore(known.start);
      return known.agent;
    };
    /** One of these for a test that ends it. */
    const lastAgentWith = async (threads: number, background: boolean) => {
      const agent = await agentWith(threads, background);
      agents.delete(keyOf(threads, background, {}));
      disposed.push(agent);
      return agent;
    };
    const plainAgent = (settings?: Partial<SettingsOf<T>>) => agentWith(0, false, settings);
    afterAll(async () => {
      for (const { agent } of agents.values()) await agent.dispose();
    });

    describe.each(places)('%s', (__, background) => {
      const threaded = (threads: number, settings?: Partial<SettingsOf<T>>) =>
        agentWith(threads, background, settings);

      it('have the bits of an agent without threads with one thread, also where that goes on in the other', async () => {
        const [plain, single] = [await plainAgent(perThread), await threaded(1, perThread)];
        const first = await history(plain, 5);
        expect(await history(single, 5)).toEqual(first);
        const then = await history(plain, 4, 6);
        // Each from the other's state after an odd number of updates, to which it has been elsewhere.
        const middle = single.state();
        await history(single, 2, 50);
        for (const agent of [single, plain]) {
          agent.restore(agent === single ? first.state : middle);
          expect(await history(agent, 4, 6)).toEqual(then);
        }
      });

      it('give the same bits in every run, also of an agent that goes on after an odd number of them', async () => {
        const whole = await threaded(3, perThread);
        const first = await history(whole, 5);
        const middle = whole.state();
        const then = await history(whole, 4, 6);
        const again = await newAgent(threadedUpdates({ threads: 3, background }), perThread);
        expect(await history(again, 5)).toEqual(first);
        // Elsewhere, so that all it knows comes from the state.
        await history(again, 2, 50);
        again.restore(middle);
        expect(await history(again, 4, 6)).toEqual(then);
      });

      it.each([2, 3])('are those of the whole batch with %d threads', async (threads) => {
        const [whole, shared] = [await plainAgent(), await threaded(threads)];
        for (let i = 1; i <= 5; i += 1) {
          const [expected, made] = [await whole.update(batchOf(i)), await shared.update(batchOf(i))];
          expect(Object.keys(made)).toEqual(Object.keys(expected));
          for (const [name, value] of Object.entries(expected))
            expect(made, name).toHaveProperty(name, expect.closeTo(value, 4));
          expect(shared.tdErrors()).toHaveLength(ROWS);
          for (const [row, error] of whole.tdErrors().entries())
            expect(shared.tdErrors()[row]).toBeCloseTo(error, 4);
        }
        const [expected, made] = [whole.state().tensors, shared.state().tensors];
        expect(Object.keys(made)).toEqual(Object.keys(expected));
        for (const [name, { data }] of Object.entries(expected))
          for (const [i, value] of Array.from(data).entries())
            expect(made[name]?.data[i], name).toBeCloseTo(value, 3);
      });

      it('name the entry that is not finite, in whosever share it is', async () => {
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
          { shape, data: name.startsWith(overflow.moment) ? Float32Array.from(data, () => 1e35) : data },
        ]);
        agent.restore({ tensors: Object.fromEntries(far), values });
        await expect(agent.update(batchOf(1))).rejects.toMatchObject({ update: 1, term: overflow.term });
      });

      it('leave acting what it had before, and let nothing else meet them', async () => {
        const agent = await lastAgentWith(3, background);
        await expect(agent.update(randomBatch(1, ROWS + 1, sizes))).rejects.toThrow(
          "the batch's observation has 27 entries, expected 24",
        );
        // The second is one in which everything is trained that is trained every other time.
        await agent.update(batchOf(1));
        const before = await agent.act(observations, { deterministic: true });
        const running = agent.update(batchOf(2));
        // All at once, before it can have finished.
        const acting = agent.act(observations, { deterministic: true });
        expect(() => agent.state()).toThrow('has not finished');
        await expect(agent.update(batchOf(3))).rejects.toThrow('has not finished');
        expect(await acting).toEqual(before);
        expect(Object.keys(await running).length).toBeGreaterThan(3);
        expect(await agent.act(observations, { deterministic: true })).not.toEqual(before);

        const last = agent.update(batchOf(3));
        await agent.dispose();
        expect(Object.keys(await last).length).toBeGreaterThan(3);
        await expect(agent.update(batchOf(4))).rejects.toThrow('disposed');
        await agent.dispose();
      });
    });

    it('give the same bits wherever their threads are', async () => {
      const beside = await history(await agentWith(2, false, perThread), 6);
      expect(await history(await agentWith(2, true, perThread), 6)).toEqual(beside);
    });
  });
}
