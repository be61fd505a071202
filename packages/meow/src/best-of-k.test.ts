import { referenceRuntime } from '@meow-rl/graph';
import type { Program, Runtime } from '@meow-rl/graph';
import { densityProgram, modeProgram, stateName } from '@meow-rl/learner';
import { ENGINES, randomValues } from '@meow-rl/learner/testing';
import { expectClose, randomRows, rowsOf } from '@meow-rl/nn/testing';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import type { MeowConfig } from './index.ts';
import { smallAlgorithm } from './testing/small.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const CANDIDATES = 6;
const STATES = 5;
const config = { deterministic: 'best-of-k', candidates: CANDIDATES } as const;
const states = randomRows(1, STATES, sizes.observationSize, 1.5);

/** Runs a program of an algorithm with random parameters. */
async function run<I extends string, O extends string>(
  settings: Partial<MeowConfig>,
  program: Program<I, string, O> | undefined,
  inputs: Readonly<Record<I, readonly number[]>>,
  runtime: Runtime = referenceRuntime,
): Promise<Record<O, number[]>> {
  if (!program) throw new Error('MEow has the program');
  const algorithm = smallAlgorithm(sizes, settings);
  const executable = await runtime.load(program);
  for (const { name, layout } of algorithm.groups)
    executable.state.write(stateName(name, 'parameters'), layout.flatten(randomValues(algorithm, 3)));
  const results: Record<string, number[]> = {};
  for (const [name, values] of Object.entries<ArrayLike<number>>(await executable.run(inputs)))
    results[name] = Array.from(values);
  await executable.dispose();
  return results;
}

const bestOf = (settings: Partial<MeowConfig>, observation: readonly number[], runtime?: Runtime) =>
  run(settings, modeProgram(smallAlgorithm(sizes, settings)), { observation }, runtime);

/** The candidates' noise: that of the prior's mode first. */
function noiseOfCandidates(): number[][] {
  const noise = new Float32Array((CANDIDATES - 1) * sizes.actionSize);
  createGenerator(0).fillNormal(noise);
  return [[0, 0], ...rowsOf(Array.from(noise), sizes.actionSize)];
}

describe.each([
  { layers: 'additive', linear: 'lu' },
  { layers: 'affine', linear: 'none' },
  { layers: 'spline', linear: 'lu' },
] as const)('best-of-k with $layers couplings and linear layers $linear', (layers) => {
  const settings = { ...config, ...layers };

  it('is the candidate of the largest log π', async () => {
    const { action } = await bestOf(settings, states.flat());
    const chosen: number[] = [];
    for (const [i, state] of states.entries()) {
      const candidates = noiseOfCandidates();
      const sampled = await run(settings, densityProgram(smallAlgorithm(sizes, settings)), {
        observation: candidates.flatMap(() => state),
        noise: candidates.flat(),
      });
      const best = sampled.logProb.indexOf(Math.max(...sampled.logProb));
      expectClose(action.slice(2 * i, 2 * i + 2), rowsOf(sampled.action, 2)[best] ?? [], 1e-12);
      chosen.push(best);
    }
    expect(Math.max(...chosen), "the prior's mode is not all that is taken").toBeGreaterThan(0);
  });

  it('takes each state as it takes it alone', async () => {
    const { action } = await bestOf(settings, states.flat());
    for (const [i, state] of states.entries()) {
      const alone = await bestOf(settings, state);
      expectClose(alone.action, action.slice(2 * i, 2 * i + 2), 1e-12);
    }
  });

  it.each(ENGINES)('is the same on %s', async (_, makeRuntime) => {
    const { action } = await bestOf(settings, states.flat());
    expectClose((await bestOf(settings, states.flat(), makeRuntime())).action, action, 1e-5);
  });
});

describe('best-of-k', () => {
  it('with one candidate is the image of the mode of the prior', async () => {
    const mode = await bestOf({ linear: 'lu' }, states.flat());
    const one = await bestOf({ ...config, candidates: 1, linear: 'lu' }, states.flat());
    expectClose(one.action, mode.action, 1e-12);
  });

  it('takes the first of several that are the best', async () => {
    // Two noises of the smallest floats: all candidates are one action.
    const algorithm = smallAlgorithm(sizes, { ...config, logSigmaMin: -20, logSigmaMax: -19.9 });
    const program = modeProgram(algorithm);
    if (!program) throw new Error('MEow has the program');
    const executable = await ENGINES[0]?.[1]().load(program);
    const values = randomValues(algorithm, 3);
    for (const { name, layout } of algorithm.groups)
      executable?.state.write(stateName(name, 'parameters'), layout.flatten(values));
    const results = await executable?.run({ observation: states.flat() });
    const mode = await bestOf({}, states.flat());
    expectClose(Array.from(results?.action ?? []), mode.action, 1e-5);
    await executable?.dispose();
  });
});
