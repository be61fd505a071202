import { expect, it } from 'vitest';

import { explainedVariance, generalizedAdvantages } from './advantages.ts';

const two = {
  steps: 3,
  numEnvs: 2,
  rewards: [1, 2, 3, 4, 5, 6],
  values: [10, 20, 30, 40, 50, 60],
  nextValues: [30, 40, 70, 60, 80, 90],
  terminated: [0, 0, 0, 1, 0, 0],
  done: [0, 0, 1, 1, 0, 0],
};

it('with λ = 0 is the error of one step: past a truncation, not past a termination', () => {
  const { advantages, returns } = generalizedAdvantages(two, { gamma: 0.5, lambda: 0 });
  expect([...advantages]).toEqual([6, 2, 8, -36, -5, -9]);
  expect([...returns]).toEqual([16, 22, 38, 4, 45, 51]);
});

it('with λ sums errors up to the end of the episode', () => {
  const { advantages } = generalizedAdvantages(two, { gamma: 0.5, lambda: 0.5 });
  expect([...advantages]).toEqual([6 + 0.25 * 8, 2 + 0.25 * -36, 8, -36, -5, -9]);
});

it('says how much of the returns was foreseen, where they vary', () => {
  expect(explainedVariance([1, 2, 3], [1, 2, 3])).toBe(1);
  expect(explainedVariance([1, 3], [0, 0])).toBe(0);
  expect(explainedVariance([1, 3], [3, 1])).toBe(-3);
  expect(explainedVariance([2, 2], [0, 1])).toBeUndefined();
});
