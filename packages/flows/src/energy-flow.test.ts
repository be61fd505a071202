import { concat, grad, mul, topologicalOrder, slice, sum } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { repeatForRows } from '@meow-rl/nn';
import { compute, expectClose, matrix, randomRows, rowsOf, spreadOf } from '@meow-rl/nn/testing';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import {
  coupling,
  elementwiseScale,
  energyFlow,
  gaussianPrior,
  requireMode,
  shift,
  clippedTanhSquash,
  tanhSquash,
} from './index.ts';
import type { EnergyFlow } from './index.ts';
import { logAbsDet } from './testing/log-abs-det.ts';
import { logIntegral, squareQuadrature } from './testing/quadrature.ts';
import { randomFlow } from './testing/random-flow.ts';
import { sinhWarp } from './testing/sinh-warp.ts';

type Rows = readonly (readonly number[])[];

const STATE = 2;
const states = randomRows(1, 3, STATE, 1.5);

/** energy and logProb of actions, logNormalizer of states. */
const densities = (flow: EnergyFlow, actions: Rows, ofStates: Rows) =>
  compute({ action: matrix(actions), state: matrix(ofStates) }, ({ action, state }) => ({
    energy: flow.energy(action, state),
    logProb: flow.logProb(action, state),
    logNormalizer: flow.logNormalizer(state),
  }));

const samples = (flow: EnergyFlow, noise: Rows, ofStates: Rows) =>
  compute({ noise: matrix(noise), state: matrix(ofStates) }, ({ noise, state }) => flow.sample(noise, state));

function normalRows(seed: number, rows: number, width: number): number[][] {
  const values = new Float64Array(rows * width);
  createGenerator(seed).fillNormal(values);
  return rowsOf(Array.from(values), width);
}

const zeros = (rows: number, width: number): number[][] => rowsOf(Array(rows * width).fill(0), width);

describe.each([
  { size: 1, perAxis: 121 },
  { size: 2, perAxis: 71 },
])('energyFlow of $size action entries', ({ size, perAxis }) => {
  const { flow, unsquashed, layers } = randomFlow(size, STATE, 7);
  const quadrature = squareQuadrature(size, perAxis);

  it('has the integral of exp(energy) as normalizer, and a density that integrates to 1 (Proposition 1)', async () => {
    const normalizers: number[] = [];
    for (const state of states) {
      const measured = await densities(flow, quadrature.points, [state]);
      const [logNormalizer = Number.NaN] = measured.logNormalizer;
      expect(Math.abs(logIntegral(quadrature, measured.energy) - logNormalizer)).toBeLessThan(1e-4);
      expect(Math.abs(logIntegral(quadrature, measured.logProb))).toBeLessThan(1e-4);
      normalizers.push(logNormalizer);
    }
    expect(spreadOf(normalizers)).toBeGreaterThan(0.05);
  });

  it('would be caught if a layer kept part of its log-determinant to itself', async () => {
    const [scale, ...couplings] = layers;
    if (!scale) throw new Error('the flow begins with a scale');
    const { stateLogDet: _, ...silent } = scale;
    const wrong = energyFlow({
      prior: gaussianPrior(size),
      layers: [silent, ...couplings],
      squash: tanhSquash(size),
    });
    const measured = await densities(wrong, quadrature.points, states.slice(0, 1));
    const off = logIntegral(quadrature, measured.energy) - (measured.logNormalizer[0] ?? Number.NaN);
    expect(Math.abs(off)).toBeGreaterThan(0.1);
  });

  it('gives sampled actions the log-probability that it gives them as actions', async () => {
    const noise = normalRows(2, 6, size);
    const { action, logProb } = await samples(flow, noise, states);
    const measured = await densities(flow, rowsOf(action, size), states);
    expectClose(logProb, measured.logProb, 1e-9);
  });

  const farNoise = normalRows(4, 6, size).map((row) => row.map((u) => 60 * u));

  it('gives samples beyond the margin the density of their latent, which the action no longer tells', async () => {
    const { action, logProb, latent } = await samples(flow, farNoise, states);
    expect(Math.max(...latent.map(Math.abs))).toBeGreaterThan(20);
    expect(action.some((a) => Math.fround(Math.abs(a)) === 1)).toBe(true);
    const before = await densities(unsquashed, rowsOf(latent, size), states);
    const slopes = rowsOf(latent, size).map((row) =>
      row.reduce(
        (total, z) => total + 2 * (Math.LN2 - Math.abs(z) - Math.log1p(Math.exp(-2 * Math.abs(z)))),
        0,
      ),
    );
    const expected = before.logProb.map((ofLatent, i) => ofLatent - (slopes[i] ?? Number.NaN));
    expectClose(logProb, expected, 1e-9);
    const byLatent = await compute(
      { latent: matrix(rowsOf(latent, size)), state: matrix(states) },
      ({ latent, state }) => ({
        energy: flow.energyOfLatent(latent, state),
        normalizer: repeatForRows(flow.logNormalizer(state), latent),
      }),
    );
    expectClose(
      byLatent.energy.map((energy, i) => energy - (byLatent.normalizer[i] ?? Number.NaN)),
      expected,
      1e-9,
    );
  });

  it('gives them that of the clipped action where the squash clips', async () => {
    const clipped = energyFlow({ prior: gaussianPrior(size), layers, squash: clippedTanhSquash(size) });
    const { action, logProb } = await samples(clipped, farNoise, states);
    expect(action.some((a) => Math.abs(a) > 1 - 1e-5)).toBe(true);
    const measured = await densities(clipped, rowsOf(action, size), states);
    // The two directions add ε to 1 − a² computed in two ways; nothing else differs.
    expectClose(logProb, measured.logProb, 1e-6);
  });

  it('gives sampled actions the density of their noise over the Jacobian of sampling', async () => {
    const noise = normalRows(3, 6, size);
    const { jacobian, logProb } = await compute(
      { noise: matrix(noise), state: matrix(states) },
      ({ noise, state }) => {
        const { action, logProb } = flow.sample(noise, state);
        const rows = Array.from({ length: size }, (_, i) =>
          grad(sum(slice(action, { axis: 1, start: i, end: i + 1 })), [noise]),
        );
        return { jacobian: concat(rows.flat(), 1), logProb };
      },
    );
    const expected = rowsOf(jacobian, size * size).map((flat, i) => {
      const ofNoise = (noise[i] ?? []).reduce((total, u) => total - 0.5 * (u * u + Math.log(2 * Math.PI)), 0);
      return ofNoise - logAbsDet(rowsOf(flat, size));
    });
    expectClose(logProb, expected, 1e-5);
  });

  it('offers as mode what maximizes the density before the squash (Proposition 2)', async () => {
    const { mode } = await compute({ state: matrix(states) }, ({ state }) => ({
      mode: requireMode(flow)(state),
    }));
    for (const [i, state] of states.entries()) {
      let best = zeros(1, size)[0] ?? [];
      // A coarse search, then finer ones around its result.
      for (const step of [0.3, 0.05, 0.005, 0.001]) {
        const around = squareQuadrature(size, 25, 12 * step).points.map((point) => point.map(Math.atanh));
        const points = around.map((offset) => offset.map((x, axis) => x + (best[axis] ?? 0)));
        const { logProb } = await densities(unsquashed, points, [state]);
        best = points[logProb.indexOf(Math.max(...logProb))] ?? [];
      }
      expectClose((rowsOf(mode, size)[i] ?? []).map(Math.atanh), best, 2e-3, `state ${i}`);
    }
  });

  it('has the same values on onnxruntime-node in float32', async () => {
    const [noise, actions] = [normalRows(4, 6, size), randomRows(5, 6, size, 0.9)];
    const measure = (runtime?: ReturnType<typeof onnxRuntimeNode>) =>
      compute(
        { noise: matrix(noise), action: matrix(actions), state: matrix(states) },
        ({ noise, action, state }) => {
          const sampled = flow.sample(noise, state);
          return {
            sampled: sampled.action,
            sampledLogProb: sampled.logProb,
            logProb: flow.logProb(action, state),
            logNormalizer: flow.logNormalizer(state),
            mode: requireMode(flow)(state),
          };
        },
        runtime,
      );
    const [reference, engine] = [await measure(), await measure(onnxRuntimeNode())];
    expectClose(engine.sampled, reference.sampled, 1e-5, 'sampled');
    expectClose(engine.sampledLogProb, reference.sampledLogProb, 5e-5, 'sampledLogProb');
    expectClose(engine.logProb, reference.logProb, 5e-5, 'logProb');
    expectClose(engine.logNormalizer, reference.logNormalizer, 1e-5, 'logNormalizer');
    expectClose(engine.mode, reference.mode, 1e-5, 'mode');
  });
});

describe('samples', () => {
  it('follow the density: largest distance of the distribution functions, one action entry', async () => {
    const COUNT = 4000;
    const { flow } = randomFlow(1, STATE, 8);
    const [state = []] = states;
    const { action } = await samples(flow, normalRows(6, COUNT, 1), [state]);
    const sorted = action.toSorted((a, b) => a - b);
    const quadrature = squareQuadrature(1, 801);
    const { logProb } = await densities(flow, quadrature.points, [state]);
    let below = 0;
    let drawn = 0;
    let largest = 0;
    for (const [i, [point = 0]] of quadrature.points.entries()) {
      const mass = Math.exp((logProb[i] ?? Number.NaN) + (quadrature.logWeights[i] ?? Number.NaN));
      below += mass;
      while ((sorted[drawn] ?? 2) <= point) drawn += 1;
      // The point's own cell is half below it.
      largest = Math.max(largest, Math.abs(drawn / COUNT - (below - mass / 2)));
    }
    // Kolmogorov and Smirnov: beyond 1.63 / √n in one of a hundred.
    expect(largest).toBeLessThan(1.63 / Math.sqrt(COUNT));
    expect(below).toBeCloseTo(1, 4);
  });
});

const inputNames = (tensor: Tensor): string[] =>
  topologicalOrder([tensor]).flatMap((node) => (node.kind === 'input' ? [node.name] : []));

describe('what is evaluated', () => {
  /** Test double: a conditioner that must not be asked. */
  const untouchable = coupling({
    mask: [1, 0],
    transform: shift,
    conditioner: () => {
      throw new Error('a coupling was evaluated');
    },
  });
  const scale = elementwiseScale({ size: 2, logScale: (state) => state });

  it('of the normalizer is what the state alone decides, never a coupling', async () => {
    const flow = energyFlow({
      prior: gaussianPrior(2),
      layers: [scale, untouchable],
      squash: tanhSquash(2),
    });
    const { value } = await compute({ state: matrix(states) }, ({ state }) => ({
      value: flow.logNormalizer(state),
    }));
    expectClose(
      value,
      states.map(([a = 0, b = 0]) => a + b + Math.log(2 * Math.PI)),
      1e-12,
    );
    await expect(samples(flow, states, states)).rejects.toThrow('a coupling was evaluated');
  });

  it('of the normalizer has no gradient for a coupling, and says so', async () => {
    const { flow, params } = randomFlow(2, STATE, 9);
    const gradientOf = (name: string) =>
      compute({ state: matrix(states) }, ({ state }) => ({
        gradient: concat(grad(sum(flow.logNormalizer(state)), [params(name)])),
      }));
    await expect(gradientOf('coupling0.0.weight')).rejects.toThrow(
      'grad: the loss does not depend on entry 0',
    );
    expect(spreadOf((await gradientOf('scale.0.weight')).gradient)).toBeGreaterThan(0);
  });

  it('of the mode leaves out what fixes the origin in front', async () => {
    const silent = elementwiseScale({
      size: 2,
      logScale: () => {
        throw new Error('the scale was evaluated');
      },
    });
    const shiftByState = coupling({ mask: [0, 0], conditioner: (_, state) => state, transform: shift });
    const ends = { prior: gaussianPrior(2), squash: tanhSquash(2) };
    const mode = (layers: Parameters<typeof energyFlow>[0]['layers']) =>
      compute({ state: matrix(states) }, ({ state }) => {
        const mode = requireMode(energyFlow({ ...ends, layers }))(state);
        expect(inputNames(mode)).toEqual(['state']);
        return { mode };
      });
    expectClose((await mode([silent, shiftByState])).mode, states.flat().map(Math.tanh), 1e-12);
    expect((await mode([silent])).mode).toEqual([0, 0, 0, 0, 0, 0]);
    await expect(mode([shiftByState, silent])).rejects.toThrow('the scale was evaluated');
  });
});

describe('energyFlow without layers', () => {
  it('is the prior', async () => {
    const flow = energyFlow({ prior: gaussianPrior(2), layers: [] });
    const points = randomRows(10, 6, 2, 2);
    const expected = points.map(([x = 0, y = 0]) => -0.5 * (x * x + y * y) - Math.log(2 * Math.PI));
    const measured = await densities(flow, points, states);
    expectClose(measured.logProb, expected, 1e-12);
    expectClose(
      measured.logNormalizer,
      [1, 1, 1].map(() => Math.log(2 * Math.PI)),
      1e-12,
    );
    expectClose((await samples(flow, points, states)).action, points.flat(), 1e-12);
  });
});

const byState = (factor: number) => elementwiseScale({ size: 2, logScale: (state) => mul(factor, state) });
const ofPrior = (u: number) => -0.5 * (u * u + Math.log(2 * Math.PI));
const perRow = (values: readonly number[]) =>
  rowsOf([...values], 2).map(([first = 0, second = 0]) => first + second);

describe('energyFlow of several layers of a kind', () => {
  const layers = [byState(0.5), sinhWarp(2), byState(-2), sinhWarp(2)];
  // From noise to latent: z = sinh(e^{-2s} sinh(e^{s/2} u)), entry by entry.
  const noise = randomRows(12, 3, 2, 0.3);
  const entries = noise.flatMap((row, i) =>
    row.map((u, axis) => {
      const s = states[i]?.[axis] ?? Number.NaN;
      const scaled = Math.exp(0.5 * s) * u;
      const warped = Math.exp(-2 * s) * Math.sinh(scaled);
      const fromState = 0.5 * s - 2 * s;
      const logDet = Math.log(Math.cosh(scaled)) + Math.log(Math.cosh(warped));
      return { latent: Math.sinh(warped), fromState, logProb: ofPrior(u) - logDet - fromState };
    }),
  );
  const logProbs = perRow(entries.map(({ logProb }) => logProb));

  it('adds up the log-determinants of all', async () => {
    const flow = energyFlow({ prior: gaussianPrior(2), layers });
    const sampled = await samples(flow, noise, states);
    expectClose(
      sampled.action,
      entries.map(({ latent }) => latent),
      1e-9,
    );
    expectClose(sampled.logProb, logProbs, 1e-9);
    const measured = await densities(flow, rowsOf(sampled.action, 2), states);
    expectClose(measured.logProb, logProbs, 1e-9);
    const normalizers = perRow(entries.map(({ fromState }) => fromState + 0.5 * Math.log(2 * Math.PI)));
    expectClose(measured.logNormalizer, normalizers, 1e-9);
  });

  it('takes a squash that never clips', async () => {
    // Test double: sinh stands for a squash without a margin.
    const flow = energyFlow({ prior: gaussianPrior(2), layers: layers.slice(0, 3), squash: sinhWarp(2) });
    const sampled = await samples(flow, noise, states);
    expectClose(sampled.logProb, logProbs, 1e-9);
  });

  it('has its mode at the origin, evaluating nothing, if all layers keep it there', async () => {
    const silent = elementwiseScale({
      size: 2,
      logScale: () => {
        throw new Error('the scale was evaluated');
      },
    });
    const flow = energyFlow({ prior: gaussianPrior(2), layers: [silent] });
    const { mode } = await compute({ state: matrix(states) }, ({ state }) => ({
      mode: requireMode(flow)(state),
    }));
    expect(mode).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('energyFlow refuses', () => {
  it('parts of different sizes', () => {
    expect(() => energyFlow({ prior: gaussianPrior(2), layers: [tanhSquash(2), tanhSquash(3)] })).toThrow(
      "energyFlow: layer 1 has 3 entries, the prior has 2. Give all the action's size.",
    );
    expect(() => energyFlow({ prior: gaussianPrior(2), layers: [], squash: tanhSquash(1) })).toThrow(
      'energyFlow: layer 0 has 1 entries',
    );
  });

  it('actions and noise of another width', async () => {
    const { flow } = randomFlow(2, STATE, 11);
    await expect(densities(flow, [[0.1]], states.slice(0, 1))).rejects.toThrow(
      'energyFlow.energy: expected [rows, 2], got [1, 1].',
    );
    await expect(samples(flow, [[0.1, 0.2, 0.3]], states.slice(0, 1))).rejects.toThrow(
      'energyFlow.sample: expected [rows, 2], got [1, 3].',
    );
  });
});

describe('a flow with a layer whose determinant depends on the action', () => {
  const layers = [byState(0.5), sinhWarp(2)];
  const flow = energyFlow({ prior: gaussianPrior(2), layers, squash: tanhSquash(2) });

  it('has no mode, and whoever asks for it is told why and what to do', () => {
    expect(flow.mode).toBeUndefined();
    expect(() => requireMode(flow)).toThrow(
      'there is no deterministic action: the Jacobian determinant of a layer depends on the action, so that g⁻¹(μ|s) is not the most likely action (Proposition 2). Sample actions, or use layers with constantDeterminant',
    );
  });

  it('is sampled and has densities all the same', async () => {
    const sampled = await samples(flow, normalRows(13, 3, 2), states);
    const measured = await densities(flow, rowsOf(sampled.action, 2), states);
    expectClose(measured.logProb, sampled.logProb, 1e-6);
  });
});
