import { add, concat, constant, grad, mul, parameterLayout, ShapeError, slice, sum } from '@meow-rl/graph';
import type { Runtime, Tensor } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import type { Module } from '@meow-rl/nn';
import {
  compute,
  expectClose,
  matrix,
  randomParameters,
  randomRows,
  rowsOf,
  spreadOf,
} from '@meow-rl/nn/testing';
import type { Given } from '@meow-rl/nn/testing';
import { describe, expect, it } from 'vitest';

import type { Bijector } from '../index.ts';
import { logAbsDet } from './log-abs-det.ts';

export interface BijectorContractOptions {
  /** Entries of a state; default 3. */
  readonly stateSize?: number;
  /** Actions are drawn from ± this; default 2. */
  readonly actionBound?: number;
  /** How far log-determinants may be from the Jacobian's, absolute; default 1e-9. */
  readonly logDetTolerance?: number;
  /** The parameters that the state-dependent log-determinant depends on; default all. */
  readonly decidesStateLogDet?: (parameter: string) => boolean;
  /** Whether the log-determinant that doesn't depend on the action depends on the state; default true. */
  readonly variesWithState?: boolean;
  /** The parameters that the map depends on; default all. A triangular matrix of one entry has others. */
  readonly isUsed?: (parameter: string) => boolean;
}

type Direction = 'forward' | 'inverse';
type Rows = readonly (readonly number[])[];

const directions = ['forward', 'inverse'] as const;
/** What a determinant may vary by and still count as constant. */
const ROUNDING = 1e-9;
const STATES = 3;
const BLOCKS = 2;

const zeroPerRow = (x: Tensor): Tensor => mul(0, sum(x, { axes: [1] }));

/** Row i of the Jacobian of every point: gradients of entry i of `out`. Holds where rows do not depend on one another. */
const jacobianRows = (out: Tensor, at: Tensor, size: number): Tensor[] =>
  Array.from({ length: size }, (_, i) => {
    const [row] = grad(sum(slice(out, { axis: 1, start: i, end: i + 1 })), [at]);
    return row ?? at;
  });

/**
 * The contract that every {@link Bijector} keeps, checked on the reference runtime with random parameters: it is
 * invertible, its log-determinants are those of its Jacobian and split as promised, and rows do not disturb one another.
 *
 * @param subject the bijector with the parameters that it is made from
 */
export function describeBijector(
  name: string,
  { parameters, bind }: Module<Bijector>,
  {
    stateSize = 3,
    actionBound = 2,
    logDetTolerance = ROUNDING,
    variesWithState = true,
    isUsed = () => true,
    decidesStateLogDet = isUsed,
  }: BijectorContractOptions = {},
): void {
  const layout = parameterLayout(parameters);
  const values = constant(randomParameters(parameters, 1));
  const bijector = bind(layout.unpack(values));
  const { size } = bijector;

  const states = randomRows(2, STATES, stateSize, 1.5);
  const pointsOf = (direction: Direction, rows: number, seed = 3): number[][] =>
    randomRows(seed, rows, size, direction === 'forward' ? 2 : actionBound);

  /** The map with both parts of its log-determinant and its true one. Points are k blocks of one per state. */
  async function measure(direction: Direction, points: Rows, ofStates: Rows, runtime?: Runtime) {
    return measureGiven(direction, matrix(points), matrix(ofStates), runtime);
  }

  async function measureGiven(direction: Direction, points: Given, ofStates: Given, runtime?: Runtime) {
    let hasLogDet = false;
    const measured = await compute(
      { point: points, state: ofStates },
      ({ point, state }) => {
        const { out, logDet } = bijector[direction](point, state);
        hasLogDet = logDet !== undefined;
        return {
          out,
          logDet: logDet ?? zeroPerRow(point),
          stateLogDet: bijector.stateLogDet?.(state) ?? zeroPerRow(state),
          jacobian: concat(jacobianRows(out, point, size), 1),
        };
      },
      runtime,
    );
    const jacobians = rowsOf(measured.jacobian, size * size).map((flat) => rowsOf(flat, size));
    return { ...measured, hasLogDet, out: rowsOf(measured.out, size), logAbsDet: jacobians.map(logAbsDet) };
  }

  const expectReached = (
    gradient: readonly number[],
    isReached: (parameter: string) => boolean = () => true,
  ): void => {
    for (const [parameter, { data }] of Object.entries(layout.unflatten(gradient))) {
      const largest = Math.max(...Array.from(data, Math.abs));
      if (isReached(parameter)) expect(largest, parameter).toBeGreaterThan(1e-9);
      else expect(largest, parameter).toBe(0);
    }
  };

  describe(`${name} keeps the contract of Bijector`, () => {
    it.each([
      ['forward', 'inverse'],
      ['inverse', 'forward'],
    ] as const)('comes back after %s and %s', async (there, back) => {
      const points = pointsOf(there, STATES);
      const middle = await measure(there, points, states);
      const end = await measure(back, middle.out, states);
      expectClose(end.out.flat(), points.flat(), ROUNDING);
    });

    it.each(directions)("reports the log-determinant of the %s map's Jacobian", async (direction) => {
      const points = pointsOf(direction, BLOCKS * STATES);
      const { logDet, stateLogDet, logAbsDet } = await measure(direction, points, states);
      const sign = direction === 'forward' ? 1 : -1;
      const reported = logDet.map((ofPoint, i) => ofPoint + sign * (stateLogDet[i % STATES] ?? Number.NaN));
      expectClose(reported, logAbsDet, logDetTolerance);
    });

    it.each(directions)(
      'has an action-dependent log-determinant if and only if that of %s varies',
      async (direction) => {
        const points = pointsOf(direction, 6);
        const { hasLogDet, logDet, logAbsDet } = await measure(direction, points, states.slice(0, 1));
        expect(hasLogDet).toBe(!bijector.constantDeterminant);
        if (bijector.constantDeterminant) expect(spreadOf(logAbsDet)).toBeLessThan(ROUNDING);
        else {
          expect(spreadOf(logAbsDet)).toBeGreaterThan(1e-3);
          expect(spreadOf(logDet)).toBeGreaterThan(1e-3);
        }
      },
    );

    if (bijector.stateLogDet)
      it('has a state-dependent log-determinant that varies with the state, unless it says otherwise', async () => {
        const { stateLogDet } = await measure('forward', pointsOf('forward', STATES), states);
        if (variesWithState) expect(spreadOf(stateLogDet)).toBeGreaterThan(1e-3);
        else expect(spreadOf(stateLogDet)).toBeLessThan(ROUNDING);
      });

    it('fixes the origin if and only if it says so', async () => {
      const origins = states.map(() => Array.from({ length: size }, () => 0));
      const { out } = await measure('forward', origins, states);
      const moved = Math.max(...out.flat().map(Math.abs));
      if (bijector.fixesOrigin === true) expect(moved).toBe(0);
      else expect(moved).toBeGreaterThan(1e-3);
    });

    if (parameters.length > 0)
      it.each(directions)('passes gradients of %s to every parameter', async (direction) => {
        const weights = randomRows(4, STATES, size, 1);
        const { gradient } = await compute(
          { point: matrix(pointsOf(direction, STATES)), state: matrix(states), weights: matrix(weights) },
          ({ point, state, weights }) => {
            const { out, logDet } = bijector[direction](point, state);
            const moved = sum(mul(out, weights));
            const loss = logDet ? add(moved, sum(logDet)) : moved;
            return { gradient: concat(grad(loss, [values])) };
          },
        );
        expectReached(gradient, isUsed);
      });

    if (parameters.length > 0 && bijector.stateLogDet)
      it('passes gradients of the state-dependent log-determinant to the parameters that decide it, and to no other', async () => {
        const { gradient } = await compute({ state: matrix(states) }, ({ state }) => {
          const logDet = bijector.stateLogDet?.(state);
          return { gradient: concat(logDet ? grad(sum(logDet), [values]) : []) };
        });
        expectReached(gradient, decidesStateLogDet);
      });

    it.each(directions)('maps each row of a batch as it maps it alone (%s)', async (direction) => {
      const points = pointsOf(direction, BLOCKS * STATES);
      const batch = await measure(direction, points, states);
      for (const [i, point] of points.entries()) {
        const alone = await measure(direction, [point], [states[i % STATES] ?? []]);
        expectClose(batch.out[i] ?? [], alone.out.flat(), ROUNDING, `row ${i}`);
        expectClose(batch.logDet.slice(i, i + 1), alone.logDet, ROUNDING, `logDet of row ${i}`);
        const at = i % STATES;
        expectClose(batch.stateLogDet.slice(at, at + 1), alone.stateLogDet, ROUNDING, `state ${at}`);
      }
    });

    it.each(directions)('maps a batch whose size is known only when it runs (%s)', async (direction) => {
      const points = pointsOf(direction, STATES);
      const { out, logDet, stateLogDet } = await measureGiven(
        direction,
        { shape: ['batch', size], data: points.flat() },
        { shape: ['batch', stateSize], data: states.flat() },
      );
      const fixed = await measure(direction, points, states);
      expect({ out, logDet, stateLogDet }).toEqual({
        out: fixed.out,
        logDet: fixed.logDet,
        stateLogDet: fixed.stateLogDet,
      });
    });

    it.each(directions)('gives the same on onnxruntime-node in float32 (%s)', async (direction) => {
      const points = pointsOf(direction, BLOCKS * STATES);
      const reference = await measure(direction, points, states);
      const engine = await measure(direction, points, states, onnxRuntimeNode());
      expectClose(engine.out.flat(), reference.out.flat(), 1e-5, 'out');
      expectClose(engine.logDet, reference.logDet, 1e-5, 'logDet');
      expectClose(engine.stateLogDet, reference.stateLogDet, 1e-5, 'stateLogDet');
    });

    it.each(directions)('refuses points with more or fewer entries (%s)', async (direction) => {
      const refused = (width: number) =>
        compute(
          { point: matrix(randomRows(5, 2, width, 0.5)), state: matrix(states.slice(0, 2)) },
          (inputs) => ({
            out: bijector[direction](inputs.point, inputs.state).out,
          }),
        );
      await expect(refused(size + 1)).rejects.toThrow(ShapeError);
      // One entry would broadcast.
      if (size > 1) await expect(refused(1)).rejects.toThrow(ShapeError);
    });
  });
}
