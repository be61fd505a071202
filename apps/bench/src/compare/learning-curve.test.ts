import { mean } from '@meow-rl/train';
import { describe, expect, it } from 'vitest';

import { learningCurve, splitAtFewerSeeds } from './learning-curve.ts';

const run = (every: number, count: number, value: (step: number) => number) => ({
  evaluations: Array.from({ length: count }, (_, i) => ({
    step: every * (i + 1),
    mean: value(every * (i + 1)),
  })),
});

const meanOf = (values: readonly number[]) => ({ estimate: mean(values), low: null, high: null });

const stepsOf = (points: readonly { readonly step: number }[]) => points.map(({ step }) => step);

describe('learningCurve', () => {
  it('takes seeds between their evaluations, so that a mean of straight lines is one', () => {
    // Steps 200, 400, 600, …; 300, 600; 500.
    const runs = [
      run(200, 5, (step) => step),
      run(300, 3, (step) => step + 30),
      run(500, 2, (step) => step + 60),
    ];
    const curve = learningCurve(runs, 1, meanOf);
    expect(curve.map(({ step, seeds, interpolated = 0 }) => [step, seeds, interpolated])).toEqual([
      [200, 1, 0],
      [300, 2, 1],
      [400, 2, 1],
      [500, 3, 2],
      [600, 3, 1],
      [800, 3, 2],
      [900, 3, 2],
      [1000, 2, 0],
    ]);
    for (const { step, seeds, estimate } of curve.filter((point) => point.seeds === 3))
      expect(estimate, `${step} ${seeds}`).toBeCloseTo(step + 30, 9);
    expect(curve.at(-1)?.estimate).toBe(1030);
    const { full, dashed } = splitAtFewerSeeds(curve, 3);
    expect(stepsOf(full)).toEqual([500, 600, 800, 900]);
    expect(dashed.map(stepsOf)).toEqual([
      [200, 300, 400, 500],
      [900, 1000],
    ]);
  });

  it('has nothing between evaluations at the same steps, and nothing dashed', () => {
    const curve = learningCurve([run(100, 3, () => 1), run(100, 3, () => 3)], 1, meanOf);
    expect(curve).toEqual(
      [100, 200, 300].map((step) => ({ step, seeds: 2, estimate: 2, low: null, high: null })),
    );
    expect(splitAtFewerSeeds(curve, 2)).toEqual({ full: curve, dashed: [] });
  });

  it('smooths a seed by its own evaluations, before it is taken between them', () => {
    const curve = learningCurve([run(100, 2, (step) => step), run(50, 4, () => 0)], 2, meanOf);
    // The first is 100 at 100 and 150 at 200, so 125 at 150.
    expect(curve.find(({ step }) => step === 150)?.estimate).toBe(62.5);
  });

  it('is all dashed where the seeds share no step', () => {
    const late = {
      evaluations: [
        { step: 900, mean: 1 },
        { step: 950, mean: 2 },
      ],
    };
    const curve = learningCurve([run(100, 2, () => 1), late], 1, meanOf);
    expect(splitAtFewerSeeds(curve, 2)).toEqual({ full: [], dashed: [curve] });
  });
});
