import { referenceRuntime } from '@meow-rl/graph';
import type { FloatArray, InputData } from '@meow-rl/graph';
import { expectClose } from '@meow-rl/nn/testing';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { algorithmStates, resolveAlgorithm, stateName } from './algorithm.ts';
import { gradientNormOutput, parameterNormOutput } from './optimizer-step.ts';
import { stageInputs, trainedGroups } from './stage-inputs.ts';
import {
  gradientProgram,
  gradientState,
  normInput,
  stepProgram,
  sumProgram,
  TD_ERRORS,
  wholeProgram,
} from './stage-programs.ts';
import { deterministicActorCritic } from './testing/deterministic-actor-critic.ts';
import { randomValues } from './testing/random-values.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const algorithm = resolveAlgorithm(deterministicActorCritic, sizes);
const ROWS = algorithm.config.batchSize;
const THREADS = 2;

const numbers = (values: FloatArray | undefined): number[] => Array.from(values ?? []);

/** All states, with random parameters, and other ones of the targets. */
function storeWith(gradients: boolean) {
  const states = { ...algorithmStates(algorithm) };
  for (const { name, layout } of gradients ? algorithm.groups : [])
    for (let thread = 0; thread < THREADS; thread += 1)
      states[gradientState(name, thread)] = { shape: [layout.size], initial: new Float32Array(layout.size) };
  const store = referenceRuntime.createState(states);
  for (const { name, layout, isFollowed } of algorithm.groups) {
    const flat = (seed: number) => {
      const values = randomValues(algorithm, seed);
      return layout.flatten(
        Object.fromEntries(
          layout.specs.map(({ name: key }) => [key, values[key] ?? { shape: [], data: [] }]),
        ),
      );
    };
    store.write(stateName(name, 'parameters'), flat(1));
    if (isFollowed) store.write(stateName(name, 'target'), flat(2));
  }
  return store;
}

/** The states of a group that a step of its optimizer changes. */
const ofGroup = (name: string) =>
  ['parameters', 'adam/m', 'adam/v', 'adam/biasCorrection1', 'adam/biasCorrection2'].map((part) =>
    stateName(name, part),
  );

describe.each(algorithm.stages.map((stage, index) => [index, stage] as const))(
  'the programs of threads for stage %d',
  (index, stage) => {
    const random = createGenerator(index);
    const whole: Record<string, Float32Array> = {};
    for (const [name, { shape }] of Object.entries(stageInputs(algorithm, stage, ROWS))) {
      const values = new Float32Array(shape.reduce<number>((total, length) => total * Number(length), 1));
      random.fillUniform(values, 0, 1);
      whole[name] = values;
    }
    const partOf = (thread: number, names: readonly string[]): Record<string, InputData> =>
      Object.fromEntries(
        names.map((name) => {
          const values = whole[name] ?? new Float32Array(0);
          const part = values.length / THREADS;
          return [name, values.slice(thread * part, (thread + 1) * part)];
        }),
      );

    it('make on parts of a batch the same step as the whole', async () => {
      const expectedState = storeWith(false);
      const program = wholeProgram(algorithm, stage, 0);
      const executable = await referenceRuntime.load(program, { state: expectedState });
      const expected = await executable.run(
        Object.fromEntries(Object.keys(program.inputs).map((name) => [name, whole[name] ?? []])),
      );

      const state = storeWith(true);
      const parts: Readonly<Record<string, FloatArray>>[] = [];
      for (let thread = 0; thread < THREADS; thread += 1) {
        const gradients = gradientProgram(algorithm, stage, { rows: ROWS / THREADS, seed: 0, thread });
        const part = await referenceRuntime.load(gradients, { state });
        parts.push(await part.run(partOf(thread, Object.keys(gradients.inputs))));
      }
      const groups = trainedGroups(algorithm, stage);
      const place = { thread: 0, threads: THREADS };
      const trained = new Map(groups.map((group) => [group, group.layout.size] as const));
      const changed = new Map(algorithm.groups.map((group) => [group, group.layout.size] as const));
      const results: Record<string, FloatArray> = {};
      if (groups.length > 0) {
        const sums = await referenceRuntime.load(sumProgram(trained, place), { state });
        const norms = await sums.run({});
        for (const { name } of groups)
          results[gradientNormOutput(name)] = norms[normInput(name)] ?? new Float32Array(0);
        const step = await referenceRuntime.load(stepProgram(algorithm, stage, changed, place), { state });
        Object.assign(results, await step.run(norms));
      }

      const ofLoss = Object.keys(parts[0] ?? {}).filter((name) => name !== TD_ERRORS);
      for (const name of ofLoss) {
        const total = parts.reduce((sum, part) => sum + (part[name]?.[0] ?? Number.NaN), 0);
        expectClose([total], numbers(expected[name]), 1e-12, name);
      }
      expectClose(
        parts.flatMap((part) => numbers(part[TD_ERRORS])),
        numbers(expected[TD_ERRORS]),
        1e-12,
      );
      for (const { name } of groups)
        for (const norm of [gradientNormOutput(name), parameterNormOutput(name)]) {
          expect(expected[norm], norm).toHaveLength(1);
          expectClose(numbers(results[norm]), numbers(expected[norm]), 1e-12, norm);
        }
      for (const name of Object.keys(algorithmStates(algorithm)))
        expectClose(numbers(state.read(name)), numbers(expectedState.read(name)), 1e-12, name);
    });

    it('change what the stage trains and what follows it, and nothing else', async () => {
      const [state, before] = [storeWith(false), storeWith(false)];
      const program = wholeProgram(algorithm, stage, 0);
      const executable = await referenceRuntime.load(program, { state });
      await executable.run(
        Object.fromEntries(Object.keys(program.inputs).map((name) => [name, whole[name] ?? []])),
      );
      const moved = Object.keys(algorithmStates(algorithm)).filter((name) =>
        numbers(state.read(name)).some((value, i) => value !== before.read(name)[i]),
      );
      expect(moved.toSorted()).toEqual(
        [['critic', 'centre'].flatMap(ofGroup), [...ofGroup('actor'), 'actor/target', 'critic/target'], []][
          index
        ]?.toSorted(),
      );
    });
  },
);
