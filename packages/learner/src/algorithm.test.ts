import { adam, constant, GraphError, mul, referenceRuntime, sum } from '@meow-rl/graph';
import { mlp, relu } from '@meow-rl/nn';
import { expect, it } from 'vitest';

import { createAgent } from './agent.ts';
import { resolveAlgorithm } from './algorithm.ts';
import { defineAlgorithm } from './definition.ts';
import type { Stage } from './definition.ts';
import { normal } from './noise.ts';
import { batchSize, gamma } from './settings/index.ts';
import { wholeProgram } from './stage-programs.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const source = 'small enough for tests';
const network = (name: string) => mlp({ name, inputs: [3], hidden: [4], output: 2, activation: relu });
const networks = { actor: network('actor'), critic: network('critic') };
type Networks = typeof networks;

const optimizer = adam({ learningRate: 1e-3 });
const zero = constant(0);
const stage: Stage<Networks> = {
  trains: { actor: optimizer },
  loss: ({ batch, networks: { actor }, mean }) => ({
    losses: { actor: mean(actor([batch.observation])) },
    metrics: {},
  }),
};

/** A definition of these stages, and networks, for the smallest batches. */
const define = (stages: readonly Stage<Networks>[], groups: Networks = networks) =>
  defineAlgorithm({
    name: 'odd',
    module: import.meta.url,
    settings: { gamma: gamma({ default: 0.9, source }), batchSize: batchSize({ default: 2, source }) },
    check: (config) => {
      if (config.batchSize === 7) throw new RangeError('odd: batchSize is odd.');
    },
    networks: () => groups,
    stages: () => stages,
    acting: () => ({
      sample: ({ actor }, observation) => ({ action: actor([observation]) }),
      mode: ({ actor }, observation) => actor([observation]),
      critic: () => ({ q: zero }),
    }),
  });

const resolved = (...stages: readonly Stage<Networks>[]) => resolveAlgorithm(define(stages), sizes);

/** A stage as untyped code may write it. */
const untyped = (fields: object): Stage<Networks> => Object.assign({}, stage, fields);

it.each<[string, readonly Stage<Networks>[], string]>([
  [
    'trains what is no group',
    [untyped({ trains: { policy: optimizer } })],
    'trains or follows policy, which is no group. It has actor, critic.',
  ],
  [
    'follows what is no group',
    [untyped({ targets: { value: 0.1 } })],
    'trains or follows value, which is no group. It has actor, critic.',
  ],
  ['trains what another one trains', [stage, stage], '2 stages train actor. Let one stage do it.'],
  [
    'takes part in none',
    [{ ...stage, every: 0 }],
    'every of a stage is 0, expected a whole number of updates >= 1.',
  ],
  [
    'takes part in halves',
    [{ ...stage, every: 1.5 }],
    'every of a stage is 1.5, expected a whole number of updates >= 1.',
  ],
])('refuses a stage that %s', (_, stages, message) => {
  expect(() => resolved(...stages)).toThrow(GraphError);
  expect(() => resolved(...stages)).toThrow(
    `odd: ${message.startsWith('trains') ? 'a stage ' : ''}${message}`,
  );
});

it('refuses two groups with a parameter of the same name', () => {
  const twice = { actor: network('net'), critic: network('net') };
  expect(() => resolveAlgorithm(define([stage], twice), sizes)).toThrow(
    'odd: two groups have a parameter net.0.weight. Give each network a name of its own.',
  );
});

it('makes no agent of two stages that report by the same name', async () => {
  const reporting: Stage<Networks> = {
    trains: {},
    loss: ({ batch, mean }) => ({ losses: {}, metrics: { loss: mean(batch.reward) } }),
  };
  const definition = define([reporting, stage, reporting]);
  await expect(createAgent(definition, { runtime: referenceRuntime, ...sizes })).rejects.toThrow(
    'odd: two metrics have the name loss. Give one of them another.',
  );
});

it('checks settings one by one, then against each other', () => {
  expect(() => resolveAlgorithm(define([stage]), sizes, { gamma: 2 })).toThrow('odd: gamma must be');
  expect(() => resolveAlgorithm(define([stage]), sizes, { batchSize: 7 })).toThrow('odd: batchSize is odd.');
});

it.each<[string, Partial<Stage<Networks>>, string]>([
  [
    'without a loss of what it trains',
    { loss: () => ({ losses: {}, metrics: {} }) },
    'a stage trains actor and gives losses for nothing. Give one for each.',
  ],
  [
    'with a loss of what it does not train',
    { trains: {} },
    'a stage trains nothing and gives losses for actor. Give one for each.',
  ],
  [
    'with a loss of another group too',
    {
      loss: ({ networks: { actor, critic }, batch }) => ({
        losses: { actor: sum(actor([batch.observation])), critic: sum(critic([batch.observation])) },
        metrics: {},
      }),
    },
    'a stage trains actor and gives losses for actor, critic. Give one for each.',
  ],
  [
    'that asks for noise which it does not have',
    {
      noise: { first: normal(2), second: normal(2) },
      loss: ({ noise, networks: { actor }, batch }) => ({
        losses: { actor: sum(mul(noise('third'), actor([batch.observation]))) },
        metrics: {},
      }),
    },
    'the stage has no noise third. It has first, second.',
  ],
  [
    'with errors of transitions in some updates only',
    {
      every: 2,
      loss: ({ batch, networks: { actor }, mean }) => ({
        losses: { actor: mean(actor([batch.observation])) },
        metrics: {},
        tdErrors: batch.reward,
      }),
    },
    'a stage gives tdErrors in one of 2 updates only. Let one do it that takes part in all.',
  ],
  [
    'that asks for noise and has none',
    { loss: ({ noise }) => ({ losses: { actor: sum(noise('any')) }, metrics: {} }) },
    'the stage has no noise any. It has none.',
  ],
])('makes no program of a stage %s', (_, fields, message) => {
  const wrong = { ...stage, ...fields };
  const algorithm = resolved(wrong);
  const [only] = algorithm.stages;
  expect(() => only && wholeProgram(algorithm, only, 0)).toThrow(GraphError);
  expect(() => only && wholeProgram(algorithm, only, 0)).toThrow(`odd: ${message}`);
});
