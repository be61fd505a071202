import { logIntegral, squareQuadrature } from '@meow-rl/flows/testing';
import { mapValues, referenceRuntime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { modeProgram, sampleProgram, valueProgram } from '@meow-rl/learner';
import { randomBatch, randomValues } from '@meow-rl/learner/testing';
import { compute, expectClose, matrix, randomRows, spreadOf } from '@meow-rl/nn/testing';
import { describe, expect, it } from 'vitest';

import { createMeowAgent } from './index.ts';
import type { MeowConfig } from './index.ts';
import { networksRead, SMALL, smallAlgorithm, smallNetworks } from './testing/small.ts';

const sizes = { observationSize: 2, actionSize: 2 };
const KINDS: readonly Pick<MeowConfig, 'layers' | 'linear'>[] = [
  { layers: 'additive', linear: 'lu' },
  { layers: 'affine', linear: 'none' },
  { layers: 'affine', linear: 'lu' },
  { layers: 'spline', linear: 'none' },
  { layers: 'spline', linear: 'lu' },
];
const varying = KINDS.filter(({ layers }) => layers !== 'additive');

describe.each(KINDS)('layers $layers with linear layers $linear', (kind) => {
  it('have V = α log ∫ exp(Q / α) da for each Q (Proposition 1)', async () => {
    const alpha = 0.4;
    const config = { ...kind, alpha, uniformShare: 0 };
    const values = mapValues(randomValues(smallAlgorithm(sizes, config), 2), ({ shape, data }) => ({
      shape,
      data: Array.from(data, (value) => value / 2),
    }));
    const bound = smallNetworks(sizes, config, values);
    const quadrature = squareQuadrature(2, 81);
    const softValues: number[] = [];
    for (const state of randomRows(1, 2, 2, 1.5)) {
      const { q1, q2, v } = await compute(
        {
          action: matrix(quadrature.points),
          state: matrix(quadrature.points.map(() => state)),
          one: matrix([state]),
        },
        ({ action, state: everywhere, one }) => {
          const [first = one, second = one] = bound.softQ(everywhere, action);
          const [v1 = one, v2 = one] = bound.softV(one);
          return { q1: first, q2: second, v: v1, w: v2 };
        },
      );
      const soft = (q: readonly number[]) =>
        alpha *
        logIntegral(
          quadrature,
          q.map((value) => value / alpha),
        );
      // The quadrature is off by 3e-3 where a spline ends.
      expect(Math.abs(soft(q1) - (v[0] ?? Number.NaN))).toBeLessThan(6e-3);
      expect(soft(q2)).not.toBeCloseTo(soft(q1), 3);
      softValues.push(...v);
    }
    expect(spreadOf(softValues)).toBeGreaterThan(1e-3);
  });

  it('evaluate for V what the state alone decides', () => {
    const algorithm = smallAlgorithm(sizes, kind);
    const program = valueProgram(algorithm);
    const linear = kind.linear === 'lu' ? ['linear0', 'linear1'] : [];
    expect(program && networksRead(algorithm, program)).toEqual([...linear, 'prior', 'shift1', 'shift2']);
    expect(networksRead(algorithm, sampleProgram(algorithm))).toEqual([
      'coupling0',
      'coupling1',
      ...linear,
      'prior',
    ]);
  });

  it('do on onnxruntime-node what they do on the reference runtime, and learn', async () => {
    const config = { ...SMALL, ...kind, dropout: 0.2, deterministic: 'best-of-k', candidates: 4 } as const;
    const make = (runtime: typeof referenceRuntime) =>
      createMeowAgent({ runtime, ...sizes, seed: 3, config });
    const [engine, reference] = [await make(onnxRuntimeNode()), await make(referenceRuntime)];
    const before = engine.parameters();
    for (let seed = 0; seed < 3; seed++) {
      const batch = randomBatch(seed, 8, sizes);
      const [made, expected] = [await engine.update(batch), await reference.update(batch)];
      expectClose(Object.values(made), Object.values(expected), 1e-3, `update ${seed}`);
    }
    for (const [name, { data }] of Object.entries(engine.parameters())) {
      // The triangles that LU does not read stay; what it reads of 2 × 2 ones is one entry.
      const moved = Array.from(data).filter((value, i) => value !== before[name]?.data[i]).length;
      expect(moved, name).toBeGreaterThan(0);
    }
    await engine.dispose();
    await reference.dispose();
  });
});

describe.each([{ layers: 'additive', linear: 'none' } as const, ...KINDS])(
  'an action of one entry with layers $layers and linear layers $linear',
  (kind) => {
    const one = { observationSize: 2, actionSize: 1 };

    it.each(['latent', 'action'] as const)(
      'is learned with dropout in coordinates %s',
      async (coordinates) => {
        const bestOfK = { deterministic: 'best-of-k', candidates: 4 } as const;
        const config = { ...SMALL, ...kind, ...bestOfK, coordinates, dropout: 0.3 };
        const agent = await createMeowAgent({ runtime: referenceRuntime, ...one, seed: 3, config });
        const batch = randomBatch(1, 8, one);
        const actions = (await agent.replayed?.ofActions(batch.actions)) ?? batch.actions;
        const { loss } = await agent.update({ ...batch, actions });
        expect(loss).toBeGreaterThan(0);
        expect(await agent.act(new Float32Array(2), { deterministic: true })).toHaveLength(1);
        await agent.dispose();
      },
    );

    it('has V = α log ∫ exp(Q / α) da', async () => {
      const alpha = 0.4;
      const config = { ...kind, alpha, uniformShare: 0 };
      const values = mapValues(randomValues(smallAlgorithm(one, config), 2), ({ shape, data }) => ({
        shape,
        data: Array.from(data, (value) => value / 2),
      }));
      const bound = smallNetworks(one, config, values);
      const quadrature = squareQuadrature(1, 401);
      const [state = []] = randomRows(1, 1, 2, 1);
      const { q, v } = await compute(
        {
          action: matrix(quadrature.points),
          state: matrix(quadrature.points.map(() => state)),
          single: matrix([state]),
        },
        ({ action, state: everywhere, single }) => ({
          q: bound.softQ(everywhere, action)[0] ?? action,
          v: bound.softV(single)[0] ?? single,
        }),
      );
      const scaled = q.map((value) => value / alpha);
      expect(Math.abs(alpha * logIntegral(quadrature, scaled) - (v[0] ?? Number.NaN))).toBeLessThan(6e-3);
    });
  },
);

describe('where the Jacobian determinant depends on the action', () => {
  it.each(varying)('$layers and $linear have no mode, and say why and what to do', async (kind) => {
    expect(modeProgram(smallAlgorithm(sizes, kind))).toBeUndefined();
    const agent = await createMeowAgent({
      runtime: referenceRuntime,
      ...sizes,
      config: { ...SMALL, ...kind },
    });
    const message = `meow: its policy has no deterministic action. With layers ${kind.layers} the Jacobian determinant depends on the action, so that the image of the prior's mode is not the most likely action (Proposition 2). Set deterministic to best-of-k, or layers to additive; or sample its actions.`;
    await expect(agent.act(new Float32Array(2), { deterministic: true })).rejects.toThrow(message);
    expect(() => agent.deployment()).toThrow(message);
    expect(await agent.act(new Float32Array(2), { deterministic: false })).toHaveLength(2);
    await agent.dispose();
  });

  it('best-of-k acts and is deployed, with the observation as its one input', async () => {
    const agent = await createMeowAgent({
      runtime: referenceRuntime,
      ...sizes,
      config: { ...SMALL, layers: 'spline', linear: 'lu', deterministic: 'best-of-k', candidates: 4 },
    });
    const observations = Float32Array.of(0.3, -1, 0.5, 0.1);
    const action = await agent.act(observations, { deterministic: true });
    const { policy, state } = agent.deployment();
    expect(Object.keys(policy.inputs)).toEqual(['observation']);
    const executable = await referenceRuntime.load(policy);
    for (const [name, values] of Object.entries(state))
      if (name in policy.state) executable.state.write(name, values);
    const deployed = await executable.run({ observation: observations });
    expectClose(Array.from(deployed.action), Array.from(action), 1e-6);
    await executable.dispose();
    await agent.dispose();
  });

  it('additive couplings behind linear layers keep their mode, which those move', async () => {
    const algorithm = smallAlgorithm(sizes, { linear: 'lu' });
    const program = modeProgram(algorithm);
    expect(program && networksRead(algorithm, program)).toEqual([
      'coupling0',
      'coupling1',
      'linear0',
      'linear1',
    ]);
  });
});
