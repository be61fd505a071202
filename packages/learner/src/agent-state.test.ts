import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { describe, expect, it } from 'vitest';

import { createAgent } from './agent.ts';
import { defineAlgorithm } from './definition.ts';
import { tau } from './settings/index.ts';
import { deterministicActorCritic } from './testing/deterministic-actor-critic.ts';
import { randomBatch } from './testing/random-batch.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const { observations } = randomBatch(100, 8, sizes);

const agentOf = (seed: number, config: { readonly hidden?: readonly number[] } = {}) =>
  createAgent(deterministicActorCritic, {
    runtime: onnxRuntimeNode(),
    ...sizes,
    seed,
    config: { dropout: 0.25, ...config },
  });
type TestAgent = Awaited<ReturnType<typeof agentOf>>;

/** Metrics and sampled actions of some updates. */
async function updates(agent: TestAgent, first: number, count: number) {
  const shown = [];
  for (let i = first; i < first + count; i += 1)
    shown.push(
      await agent.update(randomBatch(i, 8, sizes)),
      // An odd number of normal draws: the generator keeps one for later.
      await agent.act(observations.slice(0, 3), { deterministic: false }),
      await agent.act(observations, { deterministic: true }),
      agent.tdErrors(),
    );
  return shown;
}

it.each([10, 9])(
  'goes on to the same bits in a new agent after %d updates, also when it was written down in between',
  async (count) => {
    const agent = await agentOf(1);
    await updates(agent, 1, count);
    const state = agent.state();
    const values: typeof state.values = JSON.parse(JSON.stringify(state.values));
    const expected = await updates(agent, 11, 10);

    // Somewhere else, so that all it knows comes from the state.
    const other = await agentOf(1);
    await updates(other, 50, 10);
    other.restore({ tensors: state.tensors, values });
    expect(other.state()).toEqual(state);
    expect(other.tdErrors()).toHaveLength(0);
    expect(await updates(other, 11, 10)).toEqual(expected);
    expect(other.state()).toEqual(agent.state());
  },
);

it('is a copy', async () => {
  const agent = await agentOf(1);
  const state = agent.state();
  const before = structuredClone(state);
  await updates(agent, 1, 10);
  expect(state).toEqual(before);
});

const groupOf = (name: string) => (name.startsWith('q.') ? 'critic' : name.split('.')[0]);

it('names tensors by their groups and as the parameters are named', async () => {
  const agent = await agentOf(1);
  await updates(agent, 1, 10);
  const { tensors, values } = agent.state();
  for (const [name, { shape, data }] of Object.entries(agent.parameters()))
    expect(tensors[`${groupOf(name)}/parameters/${name}`]).toEqual({ shape, data });
  const { centre, ...targets } = agent.targetParameters();
  // A network that nothing follows has no target but itself.
  expect(centre).toEqual(agent.parameters()['centre']);
  expect(tensors['centre/target/centre']).toBeUndefined();
  for (const [name, { data }] of Object.entries(targets))
    expect(tensors[`${groupOf(name)}/target/${name}`]?.data).toEqual(data);
  // The policy is trained every other time.
  expect(tensors['critic/adam/biasCorrection1']?.data[0]).toBeCloseTo(1 - 0.9 ** 10, 5);
  expect(tensors['centre/adam/biasCorrection1']?.data[0]).toBeCloseTo(1 - 0.9 ** 10, 5);
  expect(tensors['actor/adam/biasCorrection1']?.data[0]).toBeCloseTo(1 - 0.9 ** 5, 5);
  expect(values).toMatchObject({ algorithm: 'deterministic-actor-critic', updates: 10 });
});

it('refuses what is of another kind, incomplete or of another shape, and stays as it was', async () => {
  const agent = await agentOf(1);
  await updates(agent, 1, 10);
  const state = agent.state();
  const { tensors, values } = state;
  const name = 'actor/adam/biasCorrection1';
  const { [name]: number = { shape: [], data: [0] }, ...lacking } = tensors;
  const cases = [
    [
      { tensors, values: { ...values, algorithm: 'sac' } },
      'the state is of algorithm sac, expected deterministic-actor-critic',
    ],
    [{ tensors, values: { ...values, updates: -1 } }, 'updates of the state is -1'],
    [{ tensors: lacking, values }, `the state lacks ${name} []`],
    [{ tensors: { ...tensors, more: number }, values }, 'an unknown tensor more'],
    [
      { tensors: { ...lacking, [name]: { shape: [2], data: [0, 0] } }, values },
      `${name} of the state is [2] with 2 elements, expected []`,
    ],
    [{ tensors, values: { ...values, actingNoise: 3 } }, 'the state lacks the generator actingNoise'],
    [{ tensors, values: { ...values, updateNoise: undefined } }, 'the state lacks the generator updateNoise'],
  ] as const;
  for (const [given, message] of cases) expect(() => agent.restore(given)).toThrow(message);
  const smaller = await agentOf(1, { hidden: [6] });
  expect(() => agent.restore(smaller.state())).toThrow('actor/parameters/actor.1.weight of the state is');
  expect(() => smaller.restore(state)).toThrow('actor/parameters/actor.1.weight of the state is [5, 6]');
  const bigger = await agentOf(1, { hidden: [6, 5, 4] });
  expect(() => bigger.restore(state)).toThrow('actor.2.weight of the state is [2, 5]');
  expect(agent.state()).toEqual(state);
});

describe('a setting that came later, with another default than what agents computed with before', () => {
  const definition = defineAlgorithm({
    ...deterministicActorCritic,
    settings: {
      ...deterministicActorCritic.settings,
      tau: tau({ default: 0.25, formerly: 0.5, source: 'tests' }),
    },
  });
  const agentWith = (config: { readonly tau?: number }) =>
    createAgent(definition, { runtime: onnxRuntimeNode(), ...sizes, config });
  const remedy = 'Make it with tau 0.5 to go on, or train anew.';

  it('is part of the state, and refused where it is another', async () => {
    const former = await agentWith({ tau: 0.5 });
    const [given, byDefault] = [await agentWith({ tau: 0.25 }), await agentWith({})];
    expect(former.state().values).toMatchObject({ settings: { tau: 0.5 } });
    byDefault.restore(given.state());
    const before = byDefault.state();
    for (const agent of [given, byDefault])
      expect(() => agent.restore(former.state())).toThrow(
        `deterministic-actor-critic: the state is of an agent with tau 0.5; this one has 0.25. ${remedy}`,
      );
    expect(byDefault.state()).toEqual(before);
  });

  it('is as before in a state that does not tell, unless the agent was given it', async () => {
    const { tensors, values } = (await agentWith({})).state();
    const { settings: _settings, ...untold } = values;
    const saved = { tensors, values: untold };
    const byDefault = await agentWith({});
    expect(() => byDefault.restore(saved)).toThrow(
      `the state is of an agent with tau 0.5, as all had before this setting was there; this one has 0.25. ${remedy}`,
    );
    for (const rate of [0.5, 0.25]) {
      const agent = await agentWith({ tau: rate });
      agent.restore(saved);
      expect(agent.state()).toEqual({ tensors, values: { ...values, settings: { tau: rate } } });
    }
  });
});
