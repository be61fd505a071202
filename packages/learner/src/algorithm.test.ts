import { adam, constant, GraphError, mul, referenceRuntime, sum } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { mlp, relu } from '@meow-rl/nn';
import { expect, it } from 'vitest';

import {
  criticProgram,
  modeProgram,
  replayedProgram,
  sampleProgram,
  valueProgram,
} from './acting-programs.ts';
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
  [
    'trains without an optimizer',
    [untyped({ trains: { actor: undefined } })],
    'trains actor without an optimizer.',
  ],
  ['says nothing of what it trains', [untyped({ trains: undefined })], 'trains of a stage is undefined, '],
  [
    'follows faster than at once',
    [{ ...stage, targets: { actor: 2 } }],
    'the target of actor follows at rate 2, expected a number above 0 and up to 1.',
  ],
  [
    'follows at no number',
    [{ ...stage, targets: { actor: Number.NaN } }],
    'the target of actor follows at rate NaN, expected a number above 0 and up to 1.',
  ],
  [
    'follows what another one follows',
    [{ ...stage, targets: { actor: 0.1 } }, untyped({ trains: {}, targets: { actor: 0.1 } })],
    'two stages have the target of actor follow. Let one stage do it.',
  ],
  [
    'drops more than all',
    [{ ...stage, dropout: { rate: 1.5, uses: 1, largest: 4 } }],
    'the dropout rate of a stage is 1.5, expected a number above 0 and below 1.',
  ],
  ['is none', [], 'it has no stages. Give a list of at least one.'],
])('refuses a stage that %s', (_, stages, message) => {
  expect(() => resolved(...stages)).toThrow(GraphError);
  expect(() => resolved(...stages)).toThrow(
    `odd: ${/^trains (?!of)/.test(message) ? 'a stage ' : ''}${message}`,
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

it('makes no agent of a stage that reports a number for each row', async () => {
  const reporting: Stage<Networks> = {
    trains: {},
    loss: ({ batch }) => ({ losses: {}, metrics: { reward: batch.reward } }),
  };
  const definition = define([reporting]);
  await expect(createAgent(definition, { runtime: referenceRuntime, ...sizes })).rejects.toThrow(
    "odd: metric reward is [2], expected a scalar tensor. Take its mean over the batch with the loss's mean.",
  );
});

it.each([0, 1.5, Number.NaN])('refuses observations of %d entries', (observationSize) => {
  expect(() => resolveAlgorithm(define([stage]), { ...sizes, observationSize })).toThrow(
    new RangeError(
      `odd: observationSize is ${observationSize}, expected a whole number >= 1. Give the entries of one row.`,
    ),
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
  [
    'with a loss that is no scalar',
    {
      loss: ({ networks: { actor }, batch }) => ({
        losses: { actor: actor([batch.observation]) },
        metrics: {},
      }),
    },
    'the loss of actor is [2, 2], expected a scalar tensor.',
  ],
  [
    'with a loss that does not depend on what it trains',
    { loss: ({ batch, mean }) => ({ losses: { actor: mean(batch.reward) }, metrics: {} }) },
    "the loss of actor can't train it: grad: the loss does not depend on entry 0 of wrt",
  ],
  ...['tdErrors', 'a/b'].map((name): [string, Partial<Stage<Networks>>, string] => [
    `that calls a metric ${name}`,
    { trains: {}, loss: () => ({ losses: {}, metrics: { [name]: zero } }) },
    `a metric is called ${name}, which is the name of something else.`,
  ]),
  [
    'with one error for all rows',
    { trains: {}, loss: () => ({ losses: {}, metrics: {}, tdErrors: zero }) },
    'tdErrors is [], expected [2].',
  ],
  [
    'that reads a target which no stage has follow',
    {
      loss: ({ batch, targets, mean }) => ({
        losses: { actor: mean(targets.critic([batch.observation])) },
        metrics: {},
      }),
    },
    'the target of critic is read, but no stage has it follow. Give a stage targets: { critic: τ }, or read networks.critic.',
  ],
  [
    'that reads a network which is no group',
    untyped({
      loss: ({ networks: groups }: { readonly networks: Readonly<Record<string, unknown>> }) => ({
        losses: { actor: groups['policy'] },
        metrics: {},
      }),
    }),
    'there is no group of networks policy. It has actor, critic.',
  ],
  [
    'whose loss gives nothing',
    untyped({ loss: () => undefined }),
    'the loss of a stage that trains actor gave no losses and metrics.',
  ],
])('makes no program of a stage %s', (_, fields, message) => {
  const wrong = { ...stage, ...fields };
  const algorithm = resolved(wrong);
  const [only] = algorithm.stages;
  expect(() => only && wholeProgram(algorithm, only, 0)).toThrow(GraphError);
  expect(() => only && wholeProgram(algorithm, only, 0)).toThrow(`odd: ${message}`);
});

it('makes no program that acts or judges with other than one row for each observation', () => {
  const algorithm = resolved(stage);
  const acting = {
    sample: () => ({ action: zero }),
    mode: () => zero,
    critic: () => ({ q: zero }),
    value: () => zero,
  };
  const wrong = { ...algorithm, acting };
  expect(() => sampleProgram(wrong)).toThrow(
    'odd: action of acting.sample is [], expected [batch, 2]. Give one row for each observation.',
  );
  expect(() => modeProgram(wrong)).toThrow('odd: action of acting.mode is [], expected [batch, 2].');
  expect(() => criticProgram(wrong)).toThrow('odd: q of acting.critic is [], expected [batch].');
  expect(() => valueProgram(wrong)).toThrow('odd: what acting.value gives is [], expected [batch].');
  const replayed = { size: () => 7, ofAction: (action: Tensor) => action };
  const kept = { ...algorithm, replayed, replayedSize: 7 };
  expect(() => replayedProgram(kept)).toThrow(
    'odd: what replayed.ofAction gives is [batch, 2], expected [batch, 7]. Give as many entries as replayed.size says.',
  );
});
