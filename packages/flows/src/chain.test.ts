import { concat, mul } from '@meow-rl/graph';
import { compute, expectClose, matrix, randomRows } from '@meow-rl/nn/testing';
import { describe, expect, it } from 'vitest';

import { chain, clippedTanhSquash, coupling, elementwiseScale, shift, tanhSquash } from './index.ts';
import { sinhWarp } from './testing/sinh-warp.ts';

const scale = elementwiseScale({ size: 2, logScale: (state) => state });
const states = randomRows(1, 2, 2, 0.8);

const sumOf = (row: readonly number[]): number => row.reduce((total, x) => total + x, 0);
const logCosh = (x: number): number => Math.log(Math.cosh(x));

describe('chain', () => {
  it('goes from latent to action in order, and back', async () => {
    const layer = chain([scale, sinhWarp(2)]);
    const z = randomRows(2, 2, 2, 1);
    const { out, back, logDet, logDetBack, stateLogDet } = await compute(
      { z: matrix(z), state: matrix(states) },
      ({ z, state }) => {
        const forward = layer.forward(z, state);
        const inverse = layer.inverse(forward.out, state);
        return {
          out: forward.out,
          back: inverse.out,
          logDet: forward.logDet ?? z,
          logDetBack: inverse.logDet ?? z,
          stateLogDet: layer.stateLogDet?.(state) ?? z,
        };
      },
    );
    const scaled = z.map((row, i) => row.map((u, axis) => Math.exp(states[i]?.[axis] ?? 0) * u));
    expectClose(out, scaled.flat().map(Math.sinh), 1e-12);
    expectClose(back, z.flat(), 1e-9);
    const expected = scaled.map((row) => sumOf(row.map(logCosh)));
    expectClose(logDet, expected, 1e-9);
    expectClose(
      logDetBack,
      expected.map((x) => -x),
      1e-9,
    );
    expectClose(stateLogDet, states.map(sumOf), 1e-12);
  });

  it('promises what all of its layers promise', () => {
    const bend = coupling({ mask: [1, 0], transform: shift, conditioner: (masked) => masked });
    expect(chain([scale, bend]).constantDeterminant).toBe(true);
    expect(chain([scale, sinhWarp(2), bend]).constantDeterminant).toBe(false);
    expect(chain([scale, sinhWarp(2)]).fixesOrigin).toBe(true);
    expect(chain([scale, bend]).fixesOrigin).toBe(false);
    expect(chain([bend, sinhWarp(2)]).stateLogDet).toBeUndefined();
    expect(chain([bend, scale]).nearest).toBeUndefined();
  });

  it('of chains is what one chain of all is', async () => {
    const layers = [scale, sinhWarp(2), scale, sinhWarp(2)] as const;
    const nested = chain([chain(layers.slice(0, 2)), chain(layers.slice(2))]);
    const results = await compute({ z: matrix(states), state: matrix(states) }, ({ z, state }) => {
      const [one, two] = [nested, chain(layers)].map((layer) => {
        const { out, logDet = out } = layer.forward(z, state);
        return { out, logDet };
      });
      return {
        nestedOut: one?.out ?? z,
        out: two?.out ?? z,
        nestedLogDet: one?.logDet ?? z,
        logDet: two?.logDet ?? z,
      };
    });
    expectClose(results.nestedOut, results.out, 0);
    expectClose(results.nestedLogDet, results.logDet, 1e-12);
  });

  it('names the latent that its squash clips to', async () => {
    const layer = chain([scale, clippedTanhSquash(2)]);
    const z = matrix([
      [100, 0.3],
      [-0.2, -50],
    ]);
    const { near, back } = await compute({ z, state: matrix(states) }, ({ z, state }) => ({
      near: layer.nearest?.(z, state) ?? z,
      back: layer.inverse(layer.forward(z, state).out, state).out,
    }));
    expect(Math.max(...near.map(Math.abs))).toBeLessThan(20);
    expectClose(near, back, 1e-9);
    expectClose(near.slice(1, 3), [0.3, -0.2], 1e-12);
  });

  it('repeats the log-determinants of layers before one that repeats the points', async () => {
    const twice = coupling({
      mask: [1, 0],
      transform: shift,
      conditioner: (masked) => concat([masked, mul(2, masked)], 0),
    });
    const layer = chain([sinhWarp(2), twice, sinhWarp(2)]);
    const z = randomRows(3, 2, 2, 1);
    const { out, logDet } = await compute({ z: matrix(z), state: matrix(states) }, ({ z, state }) => {
      const { out, logDet = out } = layer.forward(z, state);
      return { out, logDet };
    });
    expect(out).toHaveLength(8);
    // The second entry moves by what the first one's column of the masked point gives it: 0.
    const expected = z.map((row) => row.reduce((total, u) => total + logCosh(u) + logCosh(Math.sinh(u)), 0));
    expectClose(logDet, [...expected, ...expected], 1e-9);
  });

  it('may have no layer where its size is given', async () => {
    expect(() => chain([])).toThrow('chain: there is no layer. Give the size of a point as second argument.');
    const { out } = await compute({ z: matrix(states) }, ({ z }) => ({
      out: chain([], 2).forward(z, z).out,
    }));
    expect(out).toEqual(states.flat());
  });

  it('refuses layers of different sizes', () => {
    expect(() => chain([scale, tanhSquash(3)])).toThrow(
      "chain: layer 1 has 3 entries, expected 2. Give all the action's size.",
    );
    expect(() => chain([scale], 1)).toThrow('chain: layer 0 has 2 entries, expected 1.');
  });
});
