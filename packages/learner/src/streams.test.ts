import { topologicalOrder } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { initialize } from '@meow-rl/nn';
import { createGenerator, stream } from '@meow-rl/random';
import { seedFor, seedStreams } from '@meow-rl/train';
import { expect, it } from 'vitest';

import { createAgent } from './agent.ts';
import { resolveAlgorithm, stateName } from './algorithm.ts';
import { wholeProgram } from './stage-programs.ts';
import { STREAM } from './streams.ts';
import { deterministicActorCritic } from './testing/deterministic-actor-critic.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const SEED = 17;

it('keeps the numbers that saved runs depend on, one for each use of randomness', () => {
  expect(STREAM).toEqual({ weights: 0, acting: 1, updates: 2, dropoutMasks: 3 });
});

it('is what an agent draws from: start weights, noise, offsets and masks', async () => {
  const config = { dropout: 0.3 };
  const algorithm = resolveAlgorithm(deterministicActorCritic, sizes, config);
  const agent = await createAgent(deterministicActorCritic, {
    runtime: onnxRuntimeNode(),
    ...sizes,
    seed: SEED,
    config,
  });
  const { values, tensors } = agent.state();
  expect(values).toMatchObject({
    actingNoise: stream(SEED, 1).state(),
    updateNoise: stream(SEED, 2).state(),
  });
  // All groups from one stream, in their order.
  const weights = stream(SEED, 0);
  for (const { name, module, layout } of algorithm.groups)
    for (const [parameter, { data }] of Object.entries(layout.unflatten(initialize(module, weights))))
      expect(tensors[`${stateName(name, 'parameters')}/${parameter}`]?.data).toEqual(data);
  await agent.dispose();

  const [stage] = algorithm.stages;
  if (!stage) throw new Error('it has stages');
  const { outputs } = wholeProgram(algorithm, stage, SEED);
  const constants = topologicalOrder(Object.values(outputs)).flatMap((node) =>
    node.kind === 'constant' ? [Array.from(node.data, Number)] : [],
  );
  const [bank] = constants.toSorted((a, b) => b.length - a.length);
  const masks = stream(SEED, 3);
  const keep = Math.fround(1 / 0.7);
  expect(bank?.length).toBeGreaterThan(algorithm.config.batchSize * 6);
  expect(bank).toEqual(bank?.map(() => (masks.uniform() < 0.3 ? 0 : keep)));
});

/** Every generator of a run with this seed, by its use. */
function generatorsOf(seed: number) {
  const agent = seedFor('agent', seed);
  const environment = seedFor('environment', seed);
  const evaluation = seedFor('evaluation', seed);
  return Object.entries({
    ...Object.fromEntries(
      Array.from({ length: 8 }, (_, row) => [`environment ${row}`, createGenerator(environment + row)]),
    ),
    exploration: stream(seed, seedStreams.exploration),
    replay: createGenerator(seedFor('replay', seed)),
    ...Object.fromEntries(Object.entries(STREAM).map(([use, index]) => [use, stream(agent, index)])),
    ...Object.fromEntries(
      [10_000, 20_000, 1_500_000].flatMap((step) => [
        [`starts of the evaluation at ${step}`, stream(evaluation + step, 0)],
        [`actions of the evaluation at ${step}`, stream(evaluation + step, 1)],
      ]),
    ),
    ...Object.fromEntries(
      [100, 200].map((update) => [`report of update ${update}`, createGenerator(update)]),
    ),
  });
}

it('no two uses in a run share numbers, nor do those of neighbouring seeds', () => {
  // Equal numbers of 53 bits are the same place of the same stream.
  const owners = new Map<number, string>();
  const shared = new Set<string>();
  for (const seed of [0, 1, 2]) {
    for (const [use, generator] of generatorsOf(seed)) {
      // The same in every run, by design.
      if (use.startsWith('report') && seed > 0) continue;
      for (let i = 0; i < 2000; i += 1) {
        const number = generator.uniform();
        const owner = `${use}, seed ${seed}`;
        if (owners.has(number)) shared.add(`${owner} and ${owners.get(number)}`);
        owners.set(number, owner);
      }
    }
  }
  expect([...shared]).toEqual([]);
  expect(owners.size).toBe(2000 * (3 * 20 + 2));
});
