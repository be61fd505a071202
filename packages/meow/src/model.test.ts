import { logIntegral, squareQuadrature } from '@meow-rl/flows/testing';
import { compute, expectClose, matrix, randomRows, spreadOf } from '@meow-rl/nn/testing';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { criticProgram, modeProgram, sampleProgram, valueProgram } from './index.ts';
import type { BoundModel, MeowModel } from './index.ts';
import { boundTo, networksRead, randomValues, smallModel } from './testing/small-model.ts';

type Rows = readonly (readonly number[])[];

const states = randomRows(1, 3, 2, 1.5);

/** Both Q of actions, both V, both shifts and log σ of states. */
const valuesOf = (bound: BoundModel, actions: Rows, ofStates: Rows) =>
  compute({ action: matrix(actions), state: matrix(ofStates) }, ({ action, state }) => {
    const [v1, v2] = bound.softV(state);
    const [b1, b2] = bound.shifts(state);
    const energy = bound.flow.energy(action, state);
    return {
      energy,
      v1,
      v2,
      b1,
      b2,
      logSigma: bound.logSigma(state),
      normalizer: bound.flow.logNormalizer(state),
    };
  });

/** Both soft Q, one row per state. */
const softQ = (bound: BoundModel, actions: Rows, ofStates: Rows) =>
  compute({ action: matrix(actions), state: matrix(ofStates) }, ({ action, state }) => {
    const [q1, q2] = bound.softQ(state, action);
    return { q1, q2 };
  });

const bind = (model: MeowModel, seed = 2): BoundModel =>
  model.bind(boundTo(model, randomValues(model, seed)));

describe('meowModel', () => {
  it.each([0.25, 2.5])(
    'has V = α log ∫ exp(Q / α) da for each Q and α = %s (Proposition 1)',
    async (alpha) => {
      const bound = bind(smallModel({ observationSize: 2, actionSize: 1 }, { alpha }));
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
    const bound = bind(smallModel({ observationSize: 2, actionSize: 3 }, { alpha }));
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
    const model = smallModel({ observationSize: 2, actionSize: 2 }, { logSigmaMin: -3, logSigmaMax: 0.5 });
    const far = randomRows(4, 40, 2, 500);
    const { logSigma } = await valuesOf(bind(model, 8), randomRows(5, 40, 2, 0.5), far);
    expect(Math.min(...logSigma)).toBeGreaterThanOrEqual(-3);
    expect(Math.max(...logSigma)).toBeLessThanOrEqual(0.5);
    expect(spreadOf(logSigma)).toBeGreaterThan(3);
  });

  it('starts with orthogonal couplings, and with prior and shifts that do not read the state', async () => {
    const model = smallModel({ observationSize: 2, actionSize: 2 });
    const start = model.initialize(createGenerator(6));
    const values = model.layout.unflatten(start);
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
      model.bind(boundTo(model, start)),
      states.map(() => [0, 0]),
      states,
    );
    expect(spreadOf(v1)).toBe(0);
    expect(b1[0]).not.toBe(b2[0]);
    expect(model.initialize(createGenerator(6))).toEqual(start);
    expect(model.initialize(createGenerator(7))).not.toEqual(start);
  });

  it('counts the activations that an update drops from', () => {
    const sizes = { observationSize: 2, actionSize: 2 };
    expect(smallModel(sizes, { dropout: 0.1, couplings: 3 }).dropoutLayers).toBe(6);
    expect(smallModel(sizes, { dropout: 0 }).dropoutLayers).toBe(0);
  });

  it('drops once from each hidden activation of the couplings, and from nothing else', async () => {
    const model = smallModel({ observationSize: 2, actionSize: 2 }, { dropout: 0.1 });
    let dropped = 0;
    const bound = model.bind(boundTo(model, randomValues(model, 2)), (hidden) => {
      dropped += 1;
      return hidden;
    });
    await softQ(bound, randomRows(3, 3, 2, 0.9), states);
    // Each of the two Q is a graph of its own when built by softQ.
    expect(dropped).toBe(model.dropoutLayers);
    await compute({ state: matrix(states) }, ({ state }) => ({ v: bound.softV(state)[0] }));
    expect(dropped).toBe(model.dropoutLayers);
  });
});

describe('programs read only the networks that they need', () => {
  const model = smallModel({ observationSize: 2, actionSize: 2 });

  it('value: prior and shifts, never a coupling', () => {
    expect(networksRead(model, valueProgram(model))).toEqual(['prior', 'shift1', 'shift2']);
  });

  it('mode: couplings alone, since the scale keeps the origin', () => {
    expect(networksRead(model, modeProgram(model))).toEqual(['coupling0', 'coupling1']);
  });

  it('sample: couplings and prior', () => {
    expect(networksRead(model, sampleProgram(model))).toEqual(['coupling0', 'coupling1', 'prior']);
  });

  it('critic: all', () => {
    expect(networksRead(model, criticProgram(model))).toEqual([
      'coupling0',
      'coupling1',
      'prior',
      'shift1',
      'shift2',
    ]);
  });
});
