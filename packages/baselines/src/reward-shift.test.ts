import { constant, parameterLayout } from '@meow-rl/graph';
import type { Tensor } from '@meow-rl/graph';
import { modules } from '@meow-rl/nn';
import { compute, expectClose, matrix, randomParameters, randomRows } from '@meow-rl/nn/testing';
import { describe, expect, it } from 'vitest';

import { qNetwork, qValues } from './critics.ts';
import { shiftedCritics } from './reward-shift.ts';

const sizes = { observationSize: 3, actionSize: 2 };
const plain = modules({ q1: qNetwork('q1', sizes, [4]), q2: qNetwork('q2', sizes, [4]) });
const [states, actions, others] = [randomRows(1, 5, 3, 1), randomRows(2, 5, 2, 1), randomRows(3, 5, 2, 1)];

const difference = (a: readonly number[], b: readonly number[]) =>
  a.map((value, i) => value - (b[i] ?? Number.NaN));

/** What shifts add to both Q of actions. */
async function addedBy(shifts: number, given: readonly (readonly number[])[]) {
  const shifted = shiftedCritics(plain, shifts, sizes, [4]);
  const values = constant(randomParameters(shifted.parameters, 4));
  const params = parameterLayout(shifted.parameters).unpack(values);
  const { q1, q2, plain1, plain2 } = await compute(
    { state: matrix(states), action: matrix(given) },
    ({ state, action }): Record<'q1' | 'q2' | 'plain1' | 'plain2', Tensor> => {
      const of = qValues(plain.bind(params), state, action);
      return { ...qValues(shifted.bind(params), state, action), plain1: of.q1, plain2: of.q2 };
    },
  );
  return { first: difference(q1, plain1), second: difference(q2, plain2) };
}

describe('shiftedCritics', () => {
  it('without shifts are the critics', () => {
    expect(shiftedCritics(plain, 0, sizes, [4])).toBe(plain);
  });

  it('add what the state alone decides: one shift to both, two to each its own', async () => {
    const [one, elsewhere, two] = [
      await addedBy(1, actions),
      await addedBy(1, others),
      await addedBy(2, actions),
    ];
    expectClose(one.first, elsewhere.first, 1e-12);
    expectClose(one.second, one.first, 1e-12);
    expect(Math.max(...one.first) - Math.min(...one.first)).toBeGreaterThan(1e-3);
    expectClose(two.first, one.first, 1e-12);
    expect(Math.max(...two.second.map((value, i) => Math.abs(value - (two.first[i] ?? 0))))).toBeGreaterThan(
      1e-3,
    );
  });
});
