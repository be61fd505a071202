import { concat, constant, grad, sum } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { compute, expectClose, matrix, randomRows } from '@meow-rl/nn/testing';
import { describe, expect, it } from 'vitest';

import { rationalQuadraticSpline } from '../index.ts';

const BINS = 4;
const spline = rationalQuadraticSpline({ bins: BINS, bound: 2 });
const WIDTH = spline.outputs(1);
const moved = constant([1]);
/** Equal bins and slopes of softplus(x) + 1e-3 = 1. */
const straight = Array.from({ length: WIDTH }, (_, i) => (i < 2 * BINS ? 0 : Math.log(Math.expm1(0.999))));

/** Both directions at points, with derivatives, for one row of raw numbers for each. */
const measure = (points: readonly number[], raw: readonly (readonly number[])[], measured = spline) =>
  compute(
    { x: matrix(points.map((point) => [point])), raw: matrix(raw) },
    ({ x, raw }) => {
      const forward = measured.forward(x, raw, moved);
      const inverse = measured.inverse(x, raw, moved);
      const back = measured.inverse(forward.out, raw, moved);
      const logDets = [forward.logDet ?? x, inverse.logDet ?? x];
      return {
        forward: forward.out,
        inverse: inverse.out,
        back: back.out,
        logDets: concat(logDets),
        slopes: concat([...grad(sum(forward.out), [x]), ...grad(sum(inverse.out), [x])]),
        gradients: concat(logDets.flatMap((logDet) => grad(sum(logDet), [raw]))),
      };
    },
    onnxRuntimeNode(),
  );

describe('rationalQuadraticSpline', () => {
  it('is the identity where widths, heights and slopes are equal', async () => {
    const points = [-2, -1.3, -1, 0, 0.4, 1, 1.999, 2];
    const { forward, inverse, logDets } = await measure(
      points,
      points.map(() => straight),
    );
    expectClose(forward, points, 1e-6);
    expectClose(inverse, points, 1e-6);
    expectClose(logDets, Array(2 * points.length).fill(0), 2e-6);
  });

  it('passes what lies beyond its bound as it is, to the bit, with slope 1', async () => {
    const points = [-2.0000002384185791015625, 7, -1e30, 3e38];
    const raw = randomRows(1, points.length, WIDTH, 3);
    const { forward, inverse, logDets, slopes, gradients } = await measure(points, raw);
    expect(gradients.every((gradient) => gradient === 0)).toBe(true);
    expect(forward).toEqual(points.map(Math.fround));
    expect(inverse).toEqual(points.map(Math.fround));
    expect(logDets).toEqual(Array(8).fill(0));
    expect(slopes).toEqual(Array(8).fill(1));
  });

  it('increases, and its log slope is that of its derivative, over all bins', async () => {
    const points = Array.from({ length: 400 }, (_, i) => -1.999 + (3.998 * i) / 399);
    const [raw = []] = randomRows(2, 1, WIDTH, 3);
    const { forward, logDets, slopes } = await measure(
      points,
      points.map(() => raw),
    );
    for (let i = 1; i < points.length; i++) expect(forward[i]).toBeGreaterThan(forward[i - 1] ?? Number.NaN);
    expectClose(logDets, slopes.map(Math.log), 2e-4);
  });

  it('stays finite in float32 where bins are as narrow and as steep as they may be', async () => {
    const raw = randomRows(3, 200, WIDTH, 40);
    const points = randomRows(4, 200, 1, 2).flat();
    for (const values of Object.values(await measure(points, raw)))
      expect(values.every(Number.isFinite)).toBe(true);
    // The second bin is as narrow and as high, its slopes as flat as they may be: b² − 4ac would lose all digits at its top.
    const steep = [30, 0, 0, 0, 0, 30, 0, 0, -30, -30, -30];
    const top = Array.from({ length: 400 }, (_, i) => 1.992 - 2 ** -22 * i);
    const measured = await measure(
      top,
      top.map(() => steep),
    );
    for (const values of Object.values(measured)) expect(values.every(Number.isFinite)).toBe(true);
  });

  it.each([1e-30, 2, 1e30])(
    'stays finite with bounds of %s and minima as small as they may be',
    async (bound) => {
      const smallest = { minWidth: 1e-5, minHeight: 1e-5, minDerivative: 1e-5 };
      const raw = randomRows(7, 400, WIDTH, 40);
      const points = randomRows(8, 400, 1, 1).flatMap((row) => row.map((x) => x * bound));
      const results = await measure(points, raw, rationalQuadraticSpline({ bins: BINS, bound, ...smallest }));
      for (const name of ['forward', 'inverse', 'back', 'logDets'] as const)
        expect(results[name].every(Number.isFinite), name).toBe(true);
    },
  );

  it('comes back where slopes are moderate', async () => {
    const raw = randomRows(5, 200, WIDTH, 2);
    const points = randomRows(6, 200, 1, 2).flat();
    const { back } = await measure(points, raw);
    expectClose(back, points, 1e-4);
  });

  it.each([
    [{ bins: 1 }, 'bins must be an integer >= 2, got 1.'],
    [{ bins: 2.5 }, 'bins must be an integer >= 2, got 2.5.'],
    [{ bound: 0 }, 'bound must be a number from 1e-30 to 1e30, got 0.'],
    [{ bound: 1e39 }, 'bound must be a number from 1e-30 to 1e30, got 1e+39.'],
    [{ minWidth: 0.125 }, 'minWidth must be at least 0.00001 and below 1 / bins = 0.125, got 0.125.'],
    [{ minWidth: 1e-40 }, 'minWidth must be at least 0.00001 and below 1 / bins = 0.125, got 1e-40.'],
    [{ minHeight: 0 }, 'minHeight must be at least 0.00001 and below 1 / bins = 0.125, got 0.'],
    [{ minDerivative: 1e-9 }, 'minDerivative must be at least 0.00001 and below 1, got 1e-9.'],
    [{ minDerivative: -1 }, 'minDerivative must be at least 0.00001 and below 1, got -1.'],
  ])('refuses %s', (options, message) => {
    expect(() => rationalQuadraticSpline(options)).toThrow(`rationalQuadraticSpline: ${message}`);
  });
});
