import { logIntegral, squareQuadrature } from '@meow-rl/flows/testing';
import { compute, expectClose, matrix, randomRows, spreadOf } from '@meow-rl/nn/testing';
import { constant, parameterLayout, referenceRuntime } from '@meow-rl/graph';
import type { Program } from '@meow-rl/graph';
import { criticProgram, modeProgram, sampleProgram, valueProgram } from '@meow-rl/learner';
import { randomValues, stageRunner } from '@meow-rl/learner/testing';
import { initialize } from '@meow-rl/nn';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { meowNetworks, resolveMeowConfig } from './index.ts';
import type { MeowNetworks } from './index.ts';
import { networksRead, SMALL, smallAlgorithm, smallNetworks } from './testing/small.ts';

type Rows = readonly (readonly number[])[];

const states = randomRows(1, 3, 2, 1.5);

/** Eight rows of random numbers, one after the other. */
const rows = (width: number, seed: number) => randomRows(seed, 8, width, 0.9).flat();

/** Both Q of actions, both V, both shifts and log σ of states. */
const valuesOf = (bound: MeowNetworks, actions: Rows, ofStates: Rows) =>
  compute({ action: matrix(actions), state: matrix(ofStates) }, ({ action, state }) => {
    const [v1 = state, v2 = v1] = bound.softV(state);
    const [b1 = v1, b2 = b1] = bound.shifts(state);
    const energy = bound.flow().energy(action, state);
    return {
      energy,
      v1,
      v2,
      b1,
      b2,
      logSigma: bound.logSigma(state),
      normalizer: bound.flow().logNormalizer(state),
    };
  });

/** Both soft Q, one row per state. */
const softQ = (bound: MeowNetworks, actions: Rows, ofStates: Rows) =>
  compute({ action: matrix(actions), state: matrix(ofStates) }, ({ action, state }) => {
    const [q1 = state, q2 = q1] = bound.softQ(state, action);
    return { q1, q2 };
  });

describe('meowNetworks', () => {
  // ∫ u log(u / π) over the uniform u, by the midpoints of equal cells: 0 for the uniform policy.
  it.each([
    ['latent', -5, -0.3, 3],
    ['latent', -5, 2, 1.5],
    ['latent', -2, 1, 1.5],
    ['action', -5, 2, 5],
  ] as const)(
    'in the form %s, log σ in [%s, %s], begins within %s nats of uniform actions, or as far as published',
    async (coordinates, logSigmaMin, logSigmaMax, nats) => {
      const sizes = { observationSize: 2, actionSize: 1 };
      const config = { coordinates, logSigmaMin, logSigmaMax, couplingBound: 0 };
      const networks = meowNetworks(sizes, resolveMeowConfig(config));
      const start = constant(initialize(networks, createGenerator(5)));
      const bound = networks.bind(parameterLayout(networks.parameters).unpack(start));
      const cells = Array.from({ length: 400 }, (_, i) => [(i + 0.5) / 200 - 1]);
      const { logProb } = await compute({ action: matrix(cells), state: matrix([[0.3, -2]]) }, (inputs) => ({
        logProb: bound.flow().logProb(inputs.action, inputs.state),
      }));
      const divergence = -Math.log(2) - logProb.reduce((sum, x) => sum + x, 0) / cells.length;
      if (coordinates === 'latent') expect(divergence).toBeLessThan(nats);
      else expect(divergence).toBeGreaterThan(nats);
    },
  );

  it('has the prior of a state once, so that one pass back trains it', async () => {
    const bound = smallNetworks({ observationSize: 2, actionSize: 1 });
    expect.assertions(2);
    await compute({ state: matrix(states), other: matrix(states) }, ({ state, other }) => {
      expect(bound.logSigma(state)).toBe(bound.logSigma(state));
      expect(bound.logSigma(other)).not.toBe(bound.logSigma(state));
      return { state };
    });
  });

  it.each([0.25, 2.5])(
    'has V = α log ∫ exp(Q / α) da for each Q and α = %s (Proposition 1)',
    async (alpha) => {
      const bound = smallNetworks({ observationSize: 2, actionSize: 1 }, { alpha });
      const quadrature = squareQuadrature(1, 121);
      const spread: number[] = [];
      for (const state of states) {
        const everywhere = quadrature.points.map(() => state);
        const { q1, q2 } = await softQ(bound, quadrature.points, everywhere);
        const { v1, v2 } = await valuesOf(bound, [[0]], [state]);
        const soft = (q: readonly number[]) =>
          alpha *
          logIntegral(
            quadrature,
            q.map((value) => value / alpha),
          );
        expectClose([soft(q1), soft(q2)], [...v1, ...v2], 1e-4);
        spread.push((v1[0] ?? 0) - (v2[0] ?? 0));
      }
      expect(spreadOf(spread)).toBeGreaterThan(1e-3);
    },
  );

  it('shifts Q and V alike, so that both Q give one policy', async () => {
    const alpha = 0.7;
    const bound = smallNetworks({ observationSize: 2, actionSize: 3 }, { alpha });
    const actions = randomRows(3, 3, 3, 0.9);
    const { energy, normalizer, v1, v2, b1, b2 } = await valuesOf(bound, actions, states);
    const { q1, q2 } = await softQ(bound, actions, states);
    const scaled = (values: readonly number[], shift: readonly number[]) =>
      values.map((value, i) => alpha * (value + (shift[i] ?? Number.NaN)));
    expectClose(q1, scaled(energy, b1), 1e-12);
    expectClose(q2, scaled(energy, b2), 1e-12);
    expectClose(v1, scaled(normalizer, b1), 1e-12);
    expectClose(v2, scaled(normalizer, b2), 1e-12);
    expect(spreadOf(b1.map((b, i) => b - (b2[i] ?? 0)))).toBeGreaterThan(1e-3);
  });

  it('keeps log σ between its bounds', async () => {
    const sizes = { observationSize: 2, actionSize: 2 };
    const config = { logSigmaMin: -3, logSigmaMax: 0.5 };
    const bound = smallNetworks(sizes, config, randomValues(smallAlgorithm(sizes, config), 8));
    const far = randomRows(4, 40, 2, 500);
    const { logSigma } = await valuesOf(bound, randomRows(5, 40, 2, 0.5), far);
    expect(Math.min(...logSigma)).toBeGreaterThanOrEqual(-3);
    expect(Math.max(...logSigma)).toBeLessThanOrEqual(0.5);
    expect(spreadOf(logSigma)).toBeGreaterThan(3);
  });

  it('starts with orthogonal couplings, and with prior and shifts that do not read the state', async () => {
    const sizes = { observationSize: 2, actionSize: 2 };
    const model = meowNetworks(sizes, resolveMeowConfig(SMALL));
    const start = initialize(model, createGenerator(6));
    const values = parameterLayout(model.parameters).unflatten(start);
    const zeros = Object.entries(values).flatMap(([name, { data }]) =>
      data.every((entry) => entry === 0) ? [name] : [],
    );
    expect(zeros).toEqual([
      ...[0, 1].flatMap((i) => [0, 1].map((k) => `coupling${i}.${k}.norm.bias`)),
      ...[0, 1, 2].map((k) => `prior.${k}.weight`),
      ...[1, 2].flatMap((i) => [0, 1].map((k) => `shift${i}.${k}.weight`)),
    ]);
    expect(values['coupling0.0.weight']?.shape).toEqual([6, 4]);
    expect(Math.hypot(...(values['coupling0.0.weight']?.data ?? []))).toBeCloseTo(2, 5);
    const { v1, b1, b2 } = await valuesOf(
      smallNetworks(sizes, {}, values),
      states.map(() => [0, 0]),
      states,
    );
    expect(spreadOf(v1)).toBe(0);
    expect(b1[0]).not.toBe(b2[0]);
    expect(initialize(model, createGenerator(6))).toEqual(start);
    expect(initialize(model, createGenerator(7))).not.toEqual(start);
  });

  it('counts the activations that an update drops from', () => {
    const sizes = { observationSize: 2, actionSize: 2 };
    const dropoutOf = (config: Parameters<typeof smallAlgorithm>[1]) =>
      smallAlgorithm(sizes, config).stages[0]?.dropout;
    expect(dropoutOf({ dropout: 0.1, couplings: 3 })).toEqual({ rate: 0.1, uses: 6, largest: 12 });
    expect(dropoutOf({ dropout: 0.1, shifts: 1 })).toEqual({ rate: 0.1, uses: 4, largest: 6 });
    expect(dropoutOf({ dropout: 0.1, shifts: 0 })).toEqual({ rate: 0.1, uses: 4, largest: 6 });
    expect(dropoutOf({ dropout: 0 })).toBeUndefined();
  });

  it('drops once from each hidden activation of the couplings, and from nothing else', async () => {
    const sizes = { observationSize: 2, actionSize: 2 };
    const bound = smallNetworks(sizes, { dropout: 0.1 });
    const uses = smallAlgorithm(sizes, { dropout: 0.1 }).stages[0]?.dropout?.uses;
    let dropped = 0;
    const flow = bound.flow((before, activate) => {
      dropped += 1;
      return activate(before);
    });
    await compute(
      { action: matrix(randomRows(3, 3, 2, 0.9)), state: matrix(states) },
      ({ action, state }) => ({ energy: flow.energy(action, state) }),
    );
    expect(uses).toBe(4);
    expect(dropped).toBe(uses);
    await compute({ state: matrix(states) }, ({ state }) => ({ normalizer: flow.logNormalizer(state) }));
    expect(dropped).toBe(uses);
  });

  const alpha = 0.7;
  it.each([0, 1] as const)(
    'with %d shifts has one Q and one V, to which Proposition 1 applies',
    async (shifts) => {
      const bound = smallNetworks({ observationSize: 2, actionSize: 1 }, { alpha, shifts });
      const quadrature = squareQuadrature(1, 121);
      for (const state of states) {
        const everywhere = quadrature.points.map(() => state);
        const one = await compute(
          { action: matrix(quadrature.points), state: matrix(everywhere) },
          ({ action, state: given }) => {
            const [q, ...otherQ] = bound.softQ(given, action);
            const [v, ...otherV] = bound.softV(given);
            const shift = bound.shifts(given);
            expect([otherQ.length, otherV.length, shift.length]).toEqual([0, 0, shifts]);
            if (!q || !v) throw new Error('there is one of each');
            const flow = bound.flow();
            return {
              q,
              v,
              energy: flow.energy(action, given),
              normalizer: flow.logNormalizer(given),
              shift: shift[0] ?? v,
            };
          },
        );
        const b = shifts === 1 ? one.shift : one.q.map(() => 0);
        if (shifts === 1) expect(Math.abs(b[0] ?? 0)).toBeGreaterThan(1e-3);
        expectClose(
          one.q,
          one.energy.map((energy, i) => alpha * (energy + (b[i] ?? Number.NaN))),
          1e-12,
        );
        expectClose(
          one.v,
          one.normalizer.map((value, i) => alpha * (value + (b[i] ?? Number.NaN))),
          1e-12,
        );
        const soft =
          alpha *
          logIntegral(
            quadrature,
            one.q.map((value) => value / alpha),
          );
        expectClose([soft], one.v.slice(0, 1), 1e-4);
      }
    },
  );

  it.each([0, 1] as const)(
    'with %d shifts an agent names that Q twice, and its loss is of one',
    async (shifts) => {
      const algorithm = smallAlgorithm({ observationSize: 2, actionSize: 1 }, { shifts });
      expect(Object.keys(criticProgram(algorithm).outputs)).toEqual(['q1', 'q2', 'value', 'logProb']);
      const learner = await stageRunner(algorithm, referenceRuntime);
      const values = randomValues(algorithm, 2);
      learner.write(values, values);
      const batch = {
        observation: rows(2, 1),
        action: rows(1, 2),
        reward: rows(1, 3),
        nextObservation: rows(2, 4),
      };
      const discount = batch.reward.map(() => 0.9);
      const given = { ...batch, discount, weight: batch.reward.map(() => 1) };
      const critic = await referenceRuntime.load(criticProgram(algorithm), { state: learner.state });
      // The batch holds latents.
      const { q1, q2 } = await critic.run({
        observation: batch.observation,
        action: batch.action.map(Math.tanh),
      });
      expect(q1).toEqual(q2);
      const valueOf = valueProgram(algorithm);
      if (!valueOf) throw new Error('MEow has values');
      const executable = await referenceRuntime.load(valueOf, { state: learner.state });
      const { value } = await executable.run({ observation: batch.nextObservation });
      const errors = Array.from(q1 ?? [], (q, i) => q - (batch.reward[i] ?? 0) - 0.9 * (value[i] ?? 0));
      const metrics = await learner.run(0, given);
      expectClose(Array.from(metrics['loss'] ?? []), [errors.reduce((sum, e) => sum + e * e, 0) / 8], 1e-10);
      expectClose(Array.from(metrics['tdErrors'] ?? []), errors.map(Math.abs), 1e-10);
      expect('meanShift' in metrics).toBe(shifts === 1);
      await learner.dispose();
    },
  );
});

describe('programs read only the networks that they need', () => {
  const algorithm = smallAlgorithm({ observationSize: 2, actionSize: 2 });
  const readBy = (program: Program | undefined) => (program ? networksRead(algorithm, program) : []);

  it('value: prior and shifts, never a coupling', () => {
    expect(readBy(valueProgram(algorithm))).toEqual(['prior', 'shift1', 'shift2']);
  });

  it('mode: couplings alone, since the scale keeps the origin', () => {
    expect(readBy(modeProgram(algorithm))).toEqual(['coupling0', 'coupling1']);
  });

  it('sample: couplings and prior', () => {
    expect(readBy(sampleProgram(algorithm))).toEqual(['coupling0', 'coupling1', 'prior']);
  });

  it('critic: all', () => {
    expect(readBy(criticProgram(algorithm))).toEqual(['coupling0', 'coupling1', 'prior', 'shift1', 'shift2']);
  });
});
