import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { expect, it } from 'vitest';

import { createMeowAgent } from './index.ts';
import type { MeowConfig } from './index.ts';
import { randomBatch } from './testing/random-batch.ts';
import { SMALL } from './testing/small-model.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const { observations } = randomBatch(100, 8, sizes);

const agentOf = (seed: number, config: Partial<MeowConfig> = {}) =>
  createMeowAgent({
    runtime: onnxRuntimeNode(),
    ...sizes,
    seed,
    config: { ...SMALL, dropout: 0.25, ...config },
  });
type TestAgent = Awaited<ReturnType<typeof agentOf>>;

/** Metrics and sampled actions of ten updates. */
async function tenUpdates(agent: TestAgent, first: number) {
  const found = [];
  for (let i = first; i < first + 10; i++)
    found.push(
      await agent.update(randomBatch(i, 8, sizes)),
      // An odd number of normal draws: the generator keeps one for later.
      await agent.act(observations.slice(0, 3), { deterministic: false }),
      await agent.act(observations, { deterministic: true }),
      agent.tdErrors(),
    );
  return found;
}

it('goes on to the same bits in a new agent, also when it was written down in between', async () => {
  const agent = await agentOf(1);
  await tenUpdates(agent, 1);
  const state = agent.state();
  const values: typeof state.values = JSON.parse(JSON.stringify(state.values));
  const expected = await tenUpdates(agent, 11);

  // Somewhere else, so that all it knows comes from the state.
  const other = await agentOf(1);
  await tenUpdates(other, 50);
  other.restore({ tensors: state.tensors, values });
  expect(other.state()).toEqual(state);
  expect(other.tdErrors()).toHaveLength(0);
  expect(await tenUpdates(other, 11)).toEqual(expected);
  expect(other.state()).toEqual(agent.state());
});

it('is a copy', async () => {
  const agent = await agentOf(1);
  const state = agent.state();
  const before = structuredClone(state);
  await tenUpdates(agent, 1);
  expect(state).toEqual(before);
});

it('names tensors as the parameters are named', async () => {
  const agent = await agentOf(1);
  await tenUpdates(agent, 1);
  const { tensors, values } = agent.state();
  for (const [name, { shape, data }] of Object.entries(agent.parameters()))
    expect(tensors[`parameters.${name}`]).toEqual({ shape, data });
  for (const [name, { data }] of Object.entries(agent.targetParameters()))
    expect(tensors[`target.${name}`]?.data).toEqual(data);
  expect(tensors['firstWeight']?.data[0]).toBeCloseTo(1 - 0.9 ** 10, 5);
  expect(values).toMatchObject({ algorithm: 'meow', updates: 10 });
});

it('refuses what is of another kind, incomplete or of another shape, and stays as it was', async () => {
  const agent = await agentOf(1);
  await tenUpdates(agent, 1);
  const state = agent.state();
  const { tensors, values } = state;
  const { firstWeight = { shape: [], data: [0] }, ...lacking } = tensors;
  const cases = [
    [{ tensors, values: { ...values, algorithm: 'sac' } }, 'the state is of algorithm sac, expected meow'],
    [{ tensors, values: { ...values, updates: -1 } }, 'updates of the state is -1'],
    [{ tensors: lacking, values }, 'the state lacks firstWeight []'],
    [{ tensors: { ...tensors, more: firstWeight }, values }, 'an unknown tensor more'],
    [
      { tensors: { ...lacking, firstWeight: { shape: [2], data: [0, 0] } }, values },
      'firstWeight of the state is [2] with 2 elements, expected []',
    ],
    [{ tensors, values: { ...values, noise: 3 } }, 'the state lacks the generator noise'],
    [{ tensors, values: { ...values, dropout: undefined } }, 'the state lacks the generator dropout'],
  ] as const;
  for (const [given, message] of cases) expect(() => agent.restore(given)).toThrow(message);
  const smaller = await agentOf(1, { couplings: 1 });
  expect(() => agent.restore(smaller.state())).toThrow('the state lacks parameters.');
  expect(() => smaller.restore(state)).toThrow('an unknown tensor parameters.');
  expect(agent.state()).toEqual(state);
});
