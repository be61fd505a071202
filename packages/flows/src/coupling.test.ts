import { add, concat, constant, expandAs, grad, mul, slice, sum } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { compute, expectClose, matrix } from '@meow-rl/nn/testing';
import { describe, expect, it } from 'vitest';

import { affine, alternatingMask, boundedShift, coupling, rationalQuadraticSpline, shift } from './index.ts';
import type { CouplingTransform } from './index.ts';

const aState = matrix([[0.3, -0.8, 1.2]]);
const refuse = () => {
  throw new Error('test double: a conditioner that must not be asked');
};

/** Whether a coupling has one determinant for every action. */
const determinant = (transform: CouplingTransform, mask: readonly number[]) =>
  coupling({ transform, mask, conditioner: refuse }).constantDeterminant;

describe('coupling', () => {
  it('lets masked entries pass and moves the others by what the conditioner gives', async () => {
    const { out, back } = await compute({ z: matrix([[1, 2, 3]]), state: aState }, ({ z, state }) => {
      const layer = coupling({
        transform: shift,
        mask: [1, 0, 0],
        conditioner: (masked) => expandAs(slice(masked, { axis: 1, end: 1 }), masked),
      });
      return { out: layer.forward(z, state).out, back: layer.inverse(z, state).out };
    });
    expect(out).toEqual([1, 3, 4]);
    expect(back).toEqual([1, 1, 2]);
  });

  it('shows its conditioner only the masked entries', async () => {
    let seen = constant(0);
    const { masked } = await compute({ z: matrix([[1, 2, 3]]), state: aState }, ({ z, state }) => {
      const conditioner = (x: typeof z) => (seen = x);
      coupling({ transform: shift, mask: [1, 0, 1], conditioner }).forward(z, state);
      return { masked: seen };
    });
    expect(masked).toEqual([1, 0, 3]);
  });

  it('refuses masks that are empty or not of 0 and 1', () => {
    expect(() => coupling({ transform: shift, mask: [], conditioner: refuse })).toThrow(
      'coupling: mask [] must have one 0 or 1 per action entry.',
    );
    expect(() => coupling({ transform: shift, mask: [1, 0.5], conditioner: refuse })).toThrow(
      'mask [1, 0.5] must have',
    );
  });

  it('refuses points that the mask does not fit', async () => {
    const layer = coupling({ transform: shift, mask: [1, 0, 1, 0], conditioner: refuse });
    const points = matrix([[1, 2, 3, 4, 5, 6]]);
    await expect(
      compute({ points, state: aState }, (inputs) => ({
        out: layer.forward(inputs.points, inputs.state).out,
      })),
    ).rejects.toThrow('coupling: mask has 4 entries but the action has 6. Give one 0 or 1 per action entry.');
  });

  it('alternates its mask from coupling to coupling', () => {
    expect(alternatingMask(4, 0)).toEqual([1, 0, 1, 0]);
    expect(alternatingMask(3, 1)).toEqual([0, 1, 0]);
    expect(alternatingMask(3, 2)).toEqual([1, 0, 1]);
    expect(alternatingMask(1, 1)).toEqual([0]);
  });

  it("refuses what the conditioner gives where it doesn't fit the transform", async () => {
    for (const [transform, expected] of [
      [shift, 2],
      [affine(), 4],
      [rationalQuadraticSpline({ bins: 3 }), 16],
    ] as const) {
      const layer = coupling({ transform, mask: [1, 0], conditioner: (_, state) => state });
      const z = matrix([[0.5, 1]]);
      await expect(
        compute({ z, state: aState }, ({ z, state }) => ({ out: layer.inverse(z, state).out })),
      ).rejects.toThrow(`coupling: the conditioner's output: expected [rows, ${expected}], got [1, 3].`);
    }
  });

  it('asks its conditioner once for each state where that alone decides, also for blocks of rows', async () => {
    let asked = 0;
    const points = matrix([[1], [2], [3], [4]]);
    const { out, logDet } = await compute({ points, state: matrix([[0.3], [-0.8]]) }, (inputs) => {
      const layer = coupling({
        transform: affine({ scaleMax: 1 }),
        mask: [0],
        // Two numbers for each of two blocks of states, as with two dropout masks.
        conditioner: (_, state) => {
          asked += 1;
          return concat([concat([state, state], 1), concat([state, state], 1)]);
        },
      });
      return {
        out: layer.inverse(inputs.points, inputs.state).out,
        logDet: layer.stateLogDet?.(inputs.state) ?? inputs.state,
      };
    });
    expect(asked).toBe(1);
    const raw = [0.3, -0.8, 0.3, -0.8];
    expectClose(logDet, raw.map(Math.tanh), 1e-12);
    expectClose(
      out,
      raw.map((shifted, i) => (i + 1 - shifted) / Math.exp(Math.tanh(shifted))),
      1e-12,
    );
  });

  it('leaves to V what an affine transform of the state alone does to volumes', async () => {
    const layer = coupling({
      transform: affine({ scaleMax: 1 }),
      mask: [0],
      conditioner: (_, state) => state,
    });
    const { logDet, out } = await compute(
      { z: matrix([[2]]), state: matrix([[0.4, -1]]) },
      ({ z, state }) => ({ out: layer.forward(z, state).out, logDet: layer.stateLogDet?.(state) ?? state }),
    );
    expect(layer.constantDeterminant).toBe(true);
    expectClose(logDet, [Math.tanh(0.4)], 1e-12);
    expectClose(out, [2 * Math.exp(Math.tanh(0.4)) - 1], 1e-12);
  });

  it('has one determinant for every action with shift, and none with others', () => {
    expect(determinant(shift, [1, 0])).toBe(true);
    expect(determinant(affine(), [1, 0])).toBe(false);
    expect(determinant(rationalQuadraticSpline(), [1, 0])).toBe(false);
    expect(determinant(rationalQuadraticSpline(), [0, 0])).toBe(false);
  });

  it('stays finite in float32 where scales are as large as they may be', async () => {
    for (const sign of [-9, 9]) {
      const layer = coupling({
        transform: affine({ scaleMax: 40 }),
        mask: [1, 0],
        conditioner: () => constant([0, sign, 0, 0.5], [1, 4]),
      });
      const { out, logDet, slope } = await compute(
        { z: matrix([[0.5, 3]]), state: aState },
        ({ z, state }) => {
          const { out, logDet = z } = layer.forward(z, state);
          return { out, logDet, slope: grad(sum(mul(out, out)), [z])[0] };
        },
        onnxRuntimeNode(),
      );
      expectClose(logDet, [40 * Math.tanh(sign)], 1e-3);
      expect([...out, ...slope].every(Number.isFinite)).toBe(true);
    }
  });

  it.each([0, -1, 41, Number.NaN, Number.POSITIVE_INFINITY])('refuses the largest scale %s', (scaleMax) => {
    expect(() => affine({ scaleMax })).toThrow(
      `affine: scaleMax must be a number above 0 and up to 40, got ${scaleMax}. Beyond,`,
    );
  });
});

/** How far a coupling with `boundedShift(1.5)` moves an entry. */
const moved = async (raw: number): Promise<number> => {
  const layer = coupling({
    mask: [1, 0],
    transform: boundedShift(1.5),
    conditioner: (masked) => add(masked, raw),
  });
  const z = matrix([[0, 0.25]]);
  const { out } = await compute({ z }, ({ z: point }) => ({ out: layer.forward(point, point).out }));
  expect(out[0]).toBe(0);
  return (out[1] ?? Number.NaN) - 0.25;
};

describe('boundedShift', () => {
  it('moves by little what the conditioner says, and never beyond the bound', async () => {
    expect(await moved(0.01)).toBeCloseTo(0.01, 6);
    expect(await moved(1)).toBeCloseTo(1.5 * Math.tanh(1 / 1.5), 10);
    expect(await moved(-100)).toBeCloseTo(-1.5, 10);
  });

  it.each([0, -1, 1e-40, 1e31, Number.NaN, Number.POSITIVE_INFINITY])('refuses the bound %s', (bound) => {
    expect(() => boundedShift(bound)).toThrow(
      `boundedShift: the bound is ${bound}, expected a number from 1e-30 to 1e30. Use shift for none.`,
    );
  });

  it.each([1e-30, 1e30])('has finite values and gradients in float32 with the bound %s', async (bound) => {
    const layer = coupling({
      mask: [1, 0],
      transform: boundedShift(bound),
      conditioner: (masked) => add(masked, mul(2, sum(masked, { axes: [1], keepDims: true }))),
    });
    const { out, slope } = await compute(
      {
        z: matrix([
          [0, 0.25],
          [0.5, 0.25],
        ]),
      },
      ({ z }) => {
        const image = layer.forward(z, z).out;
        return { out: image, slope: grad(sum(image), [z])[0] ?? z };
      },
      onnxRuntimeNode(),
    );
    const moved = bound > 1 ? 2 : 0;
    expectClose(out, [0, 0.25, 0.5, 0.25 + moved * 0.5], 1e-6);
    // At 0 the slope is that of the conditioner, whatever the bound.
    expectClose(slope, [3, 1, 1 + moved, 1], 1e-6);
  });
});
