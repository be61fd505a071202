import { expectClose } from '@meow-rl/nn/testing';
import { DataError, referenceRuntime } from '@meow-rl/graph';
import type { Runtime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createGenerator } from '@meow-rl/random';
import { afterEach, describe, expect, it } from 'vitest';

import { createAgent } from './agent.ts';
import { resolveAlgorithm } from './algorithm.ts';
import { NonFiniteError } from './errors.ts';
import { localUpdates } from './local-updates.ts';
import type { SettingsOf } from './settings/index.ts';
import { defaultsOf } from './settings/index.ts';
import { deterministicActorCritic } from './testing/deterministic-actor-critic.ts';
import { randomBatch } from './testing/random-batch.ts';
import { randomValues } from './testing/random-values.ts';
import type { UpdatesFactory } from './updates.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const ROWS = 8;
const runtime = onnxRuntimeNode();
const { settings } = deterministicActorCritic;

const createSmall = ({ config, ...options }: Options = {}) =>
  createAgent(deterministicActorCritic, {
    runtime,
    ...sizes,
    ...options,
    config: { dropout: 0.2, ...config },
  });
type SmallAgent = Awaited<ReturnType<typeof createSmall>>;
interface Options {
  readonly runtime?: Runtime;
  readonly seed?: number;
  readonly config?: Partial<SettingsOf<typeof settings>>;
}

const opened: SmallAgent[] = [];
async function smallAgent(options?: Options): Promise<SmallAgent> {
  const agent = await createSmall(options);
  opened.push(agent);
  return agent;
}

afterEach(async () => {
  for (const agent of opened.splice(0)) await agent.dispose();
});

const batchOf = (seed: number) => randomBatch(seed, ROWS, sizes);
const { observations, actions } = batchOf(100);
const sampling = { deterministic: false } as const;
const best = { deterministic: true } as const;

const sampled = async (agent: SmallAgent) => Array.from(await agent.act(observations, sampling));

/** An agent with random parameters instead of its start values. */
async function randomAgent(options?: Options): Promise<SmallAgent> {
  const agent = await smallAgent(options);
  agent.loadParameters(randomValues(resolveAlgorithm(deterministicActorCritic, sizes), 1));
  return agent;
}

/** Everything that an agent shows in a few updates and actions. */
async function record(agent: SmallAgent): Promise<unknown[]> {
  const shown: unknown[] = [await agent.act(observations, sampling)];
  for (let seed = 0; seed < 4; seed++) {
    shown.push(await agent.update(batchOf(seed)));
    shown.push(await agent.act(observations, sampling), await agent.act(observations, best));
  }
  return [...shown, agent.parameters(), agent.targetParameters()];
}

describe('createAgent', () => {
  it('gives the same bits for the same seed, and others for another', async () => {
    const first = await record(await smallAgent({ seed: 3 }));
    expect(await record(await smallAgent({ seed: 3 }))).toEqual(first);
    const other = await record(await smallAgent({ seed: 4 }));
    for (const [i, value] of other.entries()) expect(value, `entry ${i}`).not.toEqual(first[i]);
  });

  it('learns the same whether it acts in between or not', async () => {
    const [acting, still] = [await smallAgent(), await smallAgent()];
    await acting.act(observations, sampling);
    expect(await acting.update(batchOf(1))).toEqual(await still.update(batchOf(1)));
    expect(acting.parameters()).toEqual(still.parameters());
  });

  it('has the target where the parameters start, and moves both', async () => {
    const agent = await smallAgent();
    const start = agent.parameters();
    expect(agent.targetParameters()).toEqual(start);
    await agent.update(batchOf(1));
    expect(agent.parameters()).not.toEqual(start);
    // Every other time.
    expect(agent.targetParameters()).toMatchObject({ 'q.0.weight': start['q.0.weight'] });
    await agent.update(batchOf(2));
    for (const name of ['q.0.weight', 'actor.0.weight']) {
      expect(agent.targetParameters()[name]).not.toEqual(start[name]);
      expect(agent.targetParameters()[name]).not.toEqual(agent.parameters()[name]);
    }
  });

  it.each(['load', 'write'] as const)('frees what it has loaded if it fails to %s', async (failing) => {
    let [loaded, disposed] = [0, 0];
    const counting: Runtime = {
      ...runtime,
      load: async (...given) => {
        // The second of the programs that act.
        if (failing === 'load' && loaded === 4) throw new Error('no room');
        const executable = await runtime.load(...given);
        loaded += 1;
        const dispose = () => {
          disposed += 1;
          return executable.dispose();
        };
        return { ...executable, dispose };
      },
    };
    const updates: UpdatesFactory = async (setup) => ({
      ...(await localUpdates(setup)),
      ...(failing === 'write' && {
        write: () => {
          throw new Error('no room');
        },
      }),
    });
    await expect(
      createAgent(deterministicActorCritic, { runtime: counting, ...sizes, updates }),
    ).rejects.toThrow('no room');
    expect(loaded).toBeGreaterThan(3);
    expect(disposed).toBe(loaded);
  });

  it('resolves its settings and refuses wrong ones', async () => {
    const agent = await smallAgent({ config: { gamma: 0.5 } });
    expect(agent.config).toEqual({ ...defaultsOf(settings), dropout: 0.2, gamma: 0.5 });
    expect([agent.algorithm, agent.observationSize, agent.actionSize]).toEqual([
      'deterministic-actor-critic',
      3,
      2,
    ]);
    await expect(smallAgent({ config: { tau: 2 } })).rejects.toThrow(RangeError);
  });

  it('does on onnxruntime-node what it does on the reference runtime', async () => {
    const [engine, reference] = [await smallAgent(), await smallAgent({ runtime: referenceRuntime })];
    for (let seed = 0; seed < 3; seed++) {
      const [made, expected] = [await engine.update(batchOf(seed)), await reference.update(batchOf(seed))];
      expectClose(Object.values(made), Object.values(expected), 1e-4, `update ${seed}`);
    }
    const [made, expected] = [await sampled(engine), await sampled(reference)];
    expectClose(made, expected, 1e-3);
  });
});

describe('act', () => {
  it('samples anew each time, and has one deterministic answer', async () => {
    const agent = await randomAgent();
    const first = await sampled(agent);
    expect(first).toHaveLength(ROWS * 2);
    expect(Math.max(...first.map(Math.abs))).toBeLessThanOrEqual(1);
    expect(await sampled(agent)).not.toEqual(first);
    const mode = await agent.act(observations, best);
    expect(await agent.act(observations, best)).toEqual(mode);
    expect(Array.from(mode)).not.toEqual(first);
  });

  it('samples where the definition has no deterministic action, and says so of the rest', async () => {
    const sampledOnly = {
      ...deterministicActorCritic,
      acting: (...given: Parameters<typeof deterministicActorCritic.acting>) => ({
        ...deterministicActorCritic.acting(...given),
        mode: () => undefined,
      }),
    };
    const agent = await createAgent(sampledOnly, { runtime, ...sizes });
    opened.push(agent);
    await agent.update(batchOf(1));
    await expect(agent.act(observations, sampling)).resolves.toHaveLength(ROWS * 2);
    const message = 'deterministic-actor-critic: its policy has no deterministic action';
    await expect(agent.act(observations, best)).rejects.toThrow(message);
    expect(() => agent.deployment()).toThrow(message);
    expect(agent.withoutMode).toBe("Sample its actions, or have the definition's mode give one.");
    expect(await randomAgent()).not.toHaveProperty('withoutMode');
  });

  it('answers for any number of rows, each by itself', async () => {
    const agent = await randomAgent();
    const all = await agent.act(observations, best);
    const one = await agent.act(observations.slice(3, 6), best);
    expectClose(Array.from(one), Array.from(all.slice(2, 4)), 1e-6);
    await expect(agent.act(observations.slice(0, 6), sampling)).resolves.toHaveLength(4);
  });

  it('follows each update', async () => {
    const agent = await randomAgent();
    const before = [await agent.act(observations, best), (await agent.critic(observations, actions)).q];
    await agent.update(batchOf(1));
    const { q } = await agent.critic(observations, actions);
    // The policy is trained with the next one.
    expect(await agent.act(observations, best)).toEqual(before[0]);
    expect(q).not.toEqual(before[1]);
    await agent.update(batchOf(2));
    expect(await agent.act(observations, best)).not.toEqual(before[0]);
  });

  it('gives arrays that later calls leave alone', async () => {
    const agent = await randomAgent();
    const first = await agent.act(observations, sampling);
    const copy = first.slice();
    await agent.act(observations, sampling);
    expect(first).toEqual(copy);
  });

  it.each([Number.NaN, -Infinity])('blames an observation that is %d on the environment', async (value) => {
    const agent = await smallAgent();
    const given = observations.slice();
    given[4] = value;
    const message = `deterministic-actor-critic: observations has ${value} in entry 1 of row 1, expected finite 32-bit floats. Look in the environment that gave them, not at the agent.`;
    await expect(agent.act(given, best)).rejects.toThrow(message);
    await expect(agent.act(given, sampling)).rejects.toThrow(message);
    await expect(agent.critic(given, actions)).rejects.toThrow(message);
  });

  it('says of an action that is not finite whether parameters or observations are to blame', async () => {
    const agent = await randomAgent();
    const far = observations.map((value) => 3e38 * Math.sign(value));
    for (const options of [best, sampling])
      await expect(agent.act(far, options)).rejects.toThrow(
        /^deterministic-actor-critic: act gave NaN in entry 0 of row \d\. The observations reach 3\.0e\+38, which is too far for 32-bit floats: scale them down/,
      );
    const loadAs = (valueOf: (i: number) => number): void => {
      const changed = Object.entries(agent.parameters()).map(([name, { shape, data }]) => [
        name,
        { shape, data: Float32Array.from(data, (_, i) => valueOf(i)) },
      ]);
      agent.loadParameters(Object.fromEntries(changed));
    };
    loadAs((i) => 3e38 * (-1) ** i);
    await expect(agent.act(observations, best)).rejects.toThrow(
      /: act gave NaN in entry 0 of row \d\. The observations reach no further than 1\.\d, the parameters 3\.0e\+38, which is too far .* restore a state from before they grew, or load others\.$/,
    );
    loadAs(() => Number.NaN);
    await expect(agent.act(observations, best)).rejects.toThrow(
      'deterministic-actor-critic: act gave NaN in entry 0 of row 0. The parameters are not finite, as after an update that failed',
    );
  });

  it('refuses observations that are not whole rows', async () => {
    const agent = await smallAgent();
    const message = 'deterministic-actor-critic: observations has 4 entries, which is no multiple of 3.';
    await expect(agent.act(new Float32Array(4), best)).rejects.toThrow(message);
    await expect(agent.act(new Float32Array(4), sampling)).rejects.toThrow(message);
    await expect(agent.critic(new Float32Array(4), actions)).rejects.toThrow(message);
    await expect(agent.act(new Float32Array(0), best)).rejects.toThrow(DataError);
  });
});

describe('critic', () => {
  it('has no values of states where the definition has none', async () => {
    const agent = await smallAgent();
    await expect(agent.value(observations)).rejects.toThrow(
      'deterministic-actor-critic: it has no values of states. Ask critic for those of actions.',
    );
  });

  it('refuses actions that do not fit the observations', async () => {
    const agent = await smallAgent();
    const broken = actions.slice();
    broken[3] = Number.NaN;
    await expect(agent.critic(observations, broken)).rejects.toThrow(
      'deterministic-actor-critic: actions has NaN in entry 1 of row 1, expected finite 32-bit floats. Look at what chose them.',
    );
    await expect(agent.critic(observations, actions.slice(2))).rejects.toThrow(
      'deterministic-actor-critic: 7 actions do not fit 8 observations. Give one action for each.',
    );
    await expect(agent.critic(observations, actions.slice(1))).rejects.toThrow(
      'deterministic-actor-critic: actions has 15 entries',
    );
  });

  it('refuses actions beyond those that agents take, but for rounding', async () => {
    const agent = await smallAgent();
    const beyond = actions.slice();
    beyond[3] = -2;
    const message =
      '-2 in entry 1 of row 1, expected numbers from -1 to 1, in which agents act. ' +
      'Give actions as the agent gave them; rescaleAction(env) of @meow-rl/envs takes them to the bounds of an environment.';
    await expect(agent.critic(observations, beyond)).rejects.toThrow(
      `deterministic-actor-critic: actions have ${message}`,
    );
    const before = agent.state();
    await expect(agent.update({ ...batchOf(1), actions: beyond })).rejects.toThrow(
      `deterministic-actor-critic: the batch's actions have ${message}`,
    );
    expect(agent.state()).toEqual(before);
    const rounded = actions.map((entry) => Math.sign(entry) * (1 + 2 ** -23));
    await expect(agent.critic(observations, rounded)).resolves.toHaveProperty('q');
  });
});

describe('parameters', () => {
  it('go from one agent to another', async () => {
    const [from, to] = [await smallAgent({ seed: 1 }), await smallAgent({ seed: 2 })];
    await from.update(batchOf(1));
    to.loadParameters(from.parameters(), from.targetParameters());
    expect(to.parameters()).toEqual(from.parameters());
    expect(to.targetParameters()).toEqual(from.targetParameters());
    expect(await to.act(observations, best)).toEqual(await from.act(observations, best));
    to.loadParameters(from.parameters());
    expect(to.targetParameters()).toEqual(from.parameters());
  });

  it('are copies', async () => {
    const agent = await smallAgent();
    const taken = agent.parameters();
    const before = agent.parameters();
    for (const { data } of Object.values(taken)) if (data instanceof Float32Array) data.fill(9);
    expect(taken).not.toEqual(before);
    expect(agent.parameters()).toEqual(before);
  });

  it('are refused if one is missing or of another shape', async () => {
    const agent = await smallAgent();
    const { ['actor.0.weight']: weight, ...others } = agent.parameters();
    expect(() => agent.loadParameters(others)).toThrow(
      'flatten: parameter actor.0.weight must be [6, 3], got nothing.',
    );
    const turned = { ...others, 'actor.0.weight': { shape: [3, 6], data: weight?.data ?? [] } };
    expect(() => agent.loadParameters(turned)).toThrow('must be [6, 3], got [3, 6]');
  });

  it('are those of the deployment', async () => {
    const agent = await randomAgent();
    const { policy, state } = agent.deployment();
    const deployed = await runtime.load(policy);
    for (const name of Object.keys(policy.state)) deployed.state.write(name, state[name] ?? []);
    const { action } = await deployed.run({ observation: observations });
    expect(action).toEqual(await agent.act(observations, best));
    await deployed.dispose();
  });
});

describe('update', () => {
  it('refuses a batch of another size, and goes on with the right one', async () => {
    const agent = await smallAgent();
    const start = agent.parameters();
    await expect(agent.update(randomBatch(1, ROWS + 1, sizes))).rejects.toThrow(
      new DataError(
        "deterministic-actor-critic: the batch's observation has 27 entries, expected 24. Give as many transitions as batchSize says.",
      ),
    );
    await expect(agent.update(Object.assign(batchOf(1), { discounts: undefined }))).rejects.toThrow(
      "the batch's discount has 0 entries, expected 8.",
    );
    expect(agent.parameters()).toEqual(start);
    await expect(agent.update(batchOf(1))).resolves.toHaveProperty('criticLoss');
  });

  it('reports in every third update, by noise that depends on nothing else', async () => {
    const agent = await smallAgent();
    for (const [update, reports] of [false, false, true, false, false, true].entries())
      expect(Object.keys(await agent.update(batchOf(update)))).toEqual(
        expect.arrayContaining(['criticLoss', ...(reports ? ['probedQ'] : [])]),
      );
    const { probedQ } = await (async () => {
      await agent.update(batchOf(7));
      await agent.update(batchOf(8));
      return agent.update(batchOf(9));
    })();
    const probes = new Float32Array(ROWS * sizes.actionSize);
    createGenerator(9).fillUniform(probes, -1, 1);
    // With the parameters that the stages before have made.
    const { q } = await agent.critic(batchOf(9).observations, probes);
    expect(probedQ).toBeCloseTo(q.reduce((sum, value) => sum + value, 0) / ROWS, 4);
  });

  it('comes with the warnings of the definition, for its sizes and settings', async () => {
    const definition: typeof deterministicActorCritic = {
      ...deterministicActorCritic,
      warnings: ({ actionSize }, { gamma }) => ({
        high: ({ meanQ = 0 }) => (meanQ > 3 ? `${meanQ} ${actionSize} ${gamma}` : undefined),
      }),
    };
    const agent = await createAgent(definition, { runtime, ...sizes, config: { gamma: 0.5 } });
    opened.push(agent);
    expect(agent.warnings?.['high']?.({ meanQ: 4 })).toBe('4 2 0.5');
    expect(agent.warnings?.['high']?.({ meanQ: 2 })).toBeUndefined();
    expect('warnings' in (await smallAgent())).toBe(false);
  });

  it('has no state, and takes none, while it runs', async () => {
    const agent = await smallAgent();
    const [before, parameters] = [agent.state(), agent.parameters()];
    const running = agent.update(batchOf(1));
    const unfinished = 'the update has not finished. Await it first.';
    expect(() => agent.state()).toThrow(unfinished);
    expect(() => agent.restore(before)).toThrow(unfinished);
    expect(() => agent.loadParameters(parameters)).toThrow(unfinished);
    expect(() => agent.targetParameters()).toThrow(unfinished);
    await running;
    const after = agent.state();
    agent.restore(before);
    await agent.update(batchOf(1));
    expect(agent.state()).toEqual(after);
  });

  it('takes the noise of its actions back with its state', async () => {
    const agent = await randomAgent();
    const state = agent.state();
    const first = await sampled(agent);
    expect(await sampled(agent)).not.toEqual(first);
    agent.restore(state);
    expect(await sampled(agent)).toEqual(first);
  });

  it('names the update and the entry of the batch that is not finite', async () => {
    const agent = await smallAgent();
    await agent.update(batchOf(1));
    const batch = batchOf(2);
    batch.rewards[5] = Number.NaN;
    const error: unknown = await agent.update(batch).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error).toMatchObject({
      update: 2,
      term: "entry 5 of the batch's rewards",
      message:
        "deterministic-actor-critic: entry 5 of the batch's rewards became NaN in update 2. The environment gave it; look there.",
    });
  });

  it('takes weights, by default 1, and discounts', async () => {
    const batch = batchOf(1);
    const plain = await smallAgent();
    const metrics = await plain.update(batch);
    const given = await smallAgent();
    expect(given.tdErrors()).toHaveLength(0);
    const weights = new Float32Array(ROWS).fill(1);
    expect(await given.update({ ...batch, weights })).toEqual(metrics);
    expect(given.tdErrors()).toEqual(plain.tdErrors());
    expect(given.tdErrors()).toHaveLength(ROWS);
    const other = await smallAgent();
    const doubled = await other.update({ ...batch, weights: weights.map((weight) => 2 * weight) });
    expect(doubled['criticLoss']).toBeCloseTo(2 * (metrics['criticLoss'] ?? Number.NaN), 5);
    const shorter = await (
      await smallAgent()
    ).update({ ...batch, discounts: batch.discounts.map((d) => d / 2) });
    expect(shorter['meanTarget']).not.toBeCloseTo(metrics['meanTarget'] ?? Number.NaN, 3);
    weights[3] = Number.NaN;
    await expect(other.update({ ...batch, weights })).rejects.toThrow("entry 3 of the batch's weights");
  });

  it('names the number that stopped being finite where the batch is to blame for nothing', async () => {
    const agent = await smallAgent({ config: { learningRate: 1e10 } });
    await agent.update(batchOf(1));
    const error: unknown = await agent.update(batchOf(2)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error).toMatchObject({
      update: 2,
      term: 'criticLoss',
      message: expect.stringContaining(
        'Training has diverged: lower learningRate, or scale the rewards down',
      ),
    });
  });

  it('blames a next observation that is far out on what gave it, also later', async () => {
    const agent = await smallAgent();
    await agent.update(batchOf(1));
    const batch = batchOf(2);
    batch.nextObservations[4] = -1e30;
    await expect(agent.update(batch)).rejects.toThrow(
      /^deterministic-actor-critic: .* in update 2\. Its inputs are too large for 32-bit floats: observations up to 1\.\d, rewards up to \d\.\d, nextObservations up to 1\.0e\+30\. Look at what gave the nextObservations, and bring them to the order of 1\.$/,
    );
  });

  it('blames an action that is not finite on whoever acted', async () => {
    const agent = await smallAgent();
    const batch = batchOf(1);
    batch.actions[2] = Number.NaN;
    await expect(agent.update(batch)).rejects.toThrow(
      "deterministic-actor-critic: entry 2 of the batch's actions became NaN in update 1. Whoever acted gave it; look there.",
    );
  });
});

describe('dispose', () => {
  it('ends the agent', async () => {
    const agent = await smallAgent();
    await agent.dispose();
    const message = 'deterministic-actor-critic: the agent was disposed of. Make a new one.';
    await expect(agent.act(observations, best)).rejects.toThrow(message);
    await expect(agent.act(observations, sampling)).rejects.toThrow(message);
    await expect(agent.critic(observations, actions)).rejects.toThrow(message);
    await expect(agent.update(batchOf(1))).rejects.toThrow(message);
    for (const read of [agent.parameters, agent.targetParameters, agent.state, agent.deployment])
      expect(read).toThrow(message);
  });

  it('waits for what is under way', async () => {
    const agent = await createSmall();
    const [action, update] = [agent.act(observations, best), agent.update(batchOf(1))];
    await agent.dispose();
    await expect(action).resolves.toHaveLength(ROWS * 2);
    await expect(update).resolves.toHaveProperty('criticLoss');
  });
});
