import { constant, parameterLayout, ShapeError } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { gaussianPolicy, initialize, relu, squashedGaussianPolicy, tanh, zeros } from './index.ts';
import type { Module } from './index.ts';
import { compute, expectClose, matrix, randomParameters, randomRows } from './testing/index.ts';

const base = { name: 'actor', observationSize: 3, actionSize: 1, hidden: [5, 4] };
const squashed = squashedGaussianPolicy({ ...base, activation: relu, logStdMin: -3, logStdMax: -1 });
const unbounded = gaussianPolicy({ ...base, activation: tanh, initialLogStd: -0.5 });
const states = randomRows(1, 2, 3, 1);

/** A policy with random parameters. */
const randomPolicy = <T>({ parameters, bind }: Module<T>): T =>
  bind(parameterLayout(parameters).unpack(constant(randomParameters(parameters, 2, 2))));

type Density = (action: Tensor, state: Tensor) => Tensor;

/** ∫ f(log p) p over the line from −bound to bound, by the midpoint rule, for the first state. */
async function expectation(
  logProb: Density,
  bound: number,
  f: (logDensity: number) => number,
): Promise<number> {
  const count = 4000;
  const step = (2 * bound) / count;
  const points = Array.from({ length: count }, (_, i) => [(i + 0.5) * step - bound]);
  const { logDensities } = await compute(
    { points: matrix(points), state: matrix(states.slice(0, 1)) },
    ({ points, state }) => ({ logDensities: logProb(points, state) }),
  );
  return logDensities.reduce((total, logDensity) => total + step * Math.exp(logDensity) * f(logDensity), 0);
}

describe('squashedGaussianPolicy', () => {
  it('names its parameters by layer and head', () => {
    expect(squashed.parameters.map(({ name, shape }) => [name, ...shape])).toEqual([
      ['actor.0.weight', 5, 3],
      ['actor.0.bias', 5],
      ['actor.1.weight', 4, 5],
      ['actor.1.bias', 4],
      ['actor.mean.weight', 1, 4],
      ['actor.mean.bias', 1],
      ['actor.logStd.weight', 1, 4],
      ['actor.logStd.bias', 1],
    ]);
  });

  it('has a density that integrates to 1', async () => {
    expect(await expectation(randomPolicy(squashed).logProb, 1, () => 1)).toBeCloseTo(1, 5);
  });

  it('gives samples the density that it gives them as actions, several per state too', async () => {
    const { sample, logProb, mode } = randomPolicy(squashed);
    const noise = randomRows(3, 4, 1, 1.5);
    const results = await compute(
      { state: matrix(states), noise: matrix(noise), none: matrix([[0], [0]]) },
      ({ state, noise, none }) => {
        const sampled = sample(state, noise);
        return {
          ...sampled,
          given: logProb(sampled.action, state),
          atMean: sample(state, none).action,
          mode: mode(state),
        };
      },
    );
    expectClose(results.given, results.logProb, 1e-9);
    expectClose(results.action, results.latent.map(Math.tanh), 1e-12);
    expectClose(results.mode, results.atMean, 1e-12);
    expect(new Set(results.action).size).toBe(4);
  });

  it('knows the density of actions that are 1 to the last bit', async () => {
    const wide = squashedGaussianPolicy({ ...base, activation: relu, logStdMin: 0, logStdMax: 1e-9 });
    const { sample, logProb } = randomPolicy(wide);
    const results = await compute(
      { state: matrix(states), noise: matrix([[40], [-40]]), edges: matrix([[1], [-1]]) },
      ({ state, noise, edges }) => ({ ...sample(state, noise), edges: logProb(edges, state) }),
    );
    for (const [i, latent] of results.latent.entries()) {
      expect(Math.abs(results.action[i] ?? 0)).toBe(1);
      // σ = 1, and log(1 − tanh² u) = 2 log 2 − 2|u| where e^(−2|u|) is below the last bit.
      const ofNoise = -0.5 * 40 ** 2 - 0.5 * Math.log(2 * Math.PI);
      expect(results.logProb[i]).toBeCloseTo(ofNoise - 2 * Math.LN2 + 2 * Math.abs(latent), 6);
    }
    expect(results.edges.every(Number.isFinite)).toBe(true);
  });

  it('starts where its initializer says, and may have no hidden layer', async () => {
    const flat = squashedGaussianPolicy({
      ...base,
      hidden: [],
      activation: relu,
      logStdMin: -2,
      logStdMax: 1,
      weights: zeros,
      biases: zeros,
    });
    const { unpack } = parameterLayout(flat.parameters);
    const { sample } = flat.bind(unpack(constant(initialize(flat, createGenerator(1)))));
    const { latent } = await compute(
      { state: matrix(states), noise: matrix([[1], [-2]]) },
      ({ state, noise }) => sample(state, noise),
    );
    expectClose(latent, [Math.exp(-0.5), -2 * Math.exp(-0.5)], 1e-12);
  });

  it('refuses noise and actions of another width', async () => {
    const { sample, logProb } = randomPolicy(squashed);
    const noise = matrix([
      [1, 2],
      [3, 4],
    ]);
    await expect(
      compute({ state: matrix(states), noise }, ({ state, noise }) => sample(state, noise)),
    ).rejects.toThrow(new ShapeError('noise: expected [rows, 1], got [2, 2].'));
    await expect(
      compute({ state: matrix(states), noise }, ({ state, noise }) => ({ logProb: logProb(noise, state) })),
    ).rejects.toThrow(new ShapeError('samples: expected [rows, 1], got [2, 2].'));
  });
});

describe('gaussianPolicy', () => {
  it('has a density that integrates to 1, whose entropy it knows', async () => {
    const { logProb, entropy } = randomPolicy(unbounded);
    expect(await expectation(logProb, 12, () => 1)).toBeCloseTo(1, 6);
    const computed = await compute({}, () => ({ entropy }));
    const entropies = [await expectation(logProb, 12, (logDensity) => -logDensity)];
    expectClose(computed.entropy, entropies, 5e-6);
  });

  it('starts with the deviation 1', () => {
    const { parameters } = gaussianPolicy({ ...base, actionSize: 2, activation: tanh });
    expect(parameters.at(-1)).toMatchObject({ name: 'actor.logStd', shape: [2] });
    expect(parameters.at(-1)?.initial(createGenerator(1))).toEqual(Float32Array.of(0, 0));
  });

  it('samples around its mode with its deviation, and knows the density of samples', async () => {
    const start = initialize(unbounded, createGenerator(1));
    const { sample, mode, logProb } = unbounded.bind(
      parameterLayout(unbounded.parameters).unpack(constant(start)),
    );
    const noise = randomRows(3, 4, 1, 1.5);
    const results = await compute({ state: matrix(states), noise: matrix(noise) }, ({ state, noise }) => {
      const sampled = sample(state, noise);
      return { ...sampled, mode: mode(state), given: logProb(sampled.action, state) };
    });
    const expected = noise.map(([u = 0], i) => (results.mode[i % 2] ?? 0) + Math.exp(-0.5) * u);
    expectClose(results.action, expected, 1e-12);
    expectClose(results.given, results.logProb, 1e-9);
  });
});
