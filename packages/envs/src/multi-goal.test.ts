import { describe, expect, it } from 'vitest';

import { multiGoal, multiGoalDefaults, type Point } from './multi-goal.ts';
import { describeEnv } from './testing/describe-env.ts';
import { timeLimit } from './time-limit.ts';

describeEnv('multiGoal', () => timeLimit(multiGoal(), 50));
describeEnv('multiGoal with noise', () => timeLimit(multiGoal({ noise: 0.3 }), 50));

const stepFrom = (position: Point, action: readonly number[], options = {}) => {
  const env = multiGoal(options);
  env.reset({ options: { position } });
  return env.step(action);
};

describe('multiGoal', () => {
  it('pays the costs of the move and of the distance at the new position', () => {
    // To (1.5, -0.25): nearest goal (5, 0), squared distance 3.5² + 0.25² = 12.3125; |a|² = 0.3125.
    const { observation, reward, terminated, info } = stepFrom([1, 0], [0.5, -0.25]);
    expect([...observation]).toEqual([1.5, -0.25]);
    expect(reward).toBeCloseTo(-(30 * 0.3125 + 12.3125), 12);
    expect(terminated).toBe(false);
    expect(info).toEqual({ goal: undefined });
  });

  it.each<[Point, number[], number]>([
    [[4, 0.5], [0.5, 0], 0],
    [[-4, 0.5], [-0.5, 0], 1],
    [[0.5, 4], [0, 0.5], 2],
    [[0.5, -4], [0, -0.5], 3],
  ])('terminates at the goal reached from %j', (position, action, goal) => {
    const { reward, terminated, truncated, info } = stepFrom(position, action);
    expect(reward).toBeCloseTo(10 - (30 * 0.25 + 0.5), 12);
    expect([terminated, truncated, info.goal]).toEqual([true, false, goal]);
  });

  it('does not count a distance of exactly the radius', () => {
    expect(stepFrom([3, 0], [1, 0]).terminated).toBe(false);
    expect(stepFrom([3.01, 0], [1, 0]).terminated).toBe(true);
  });

  it('clips the action before moving and charging, and the position after', () => {
    const { observation, reward } = stepFrom([6.5, 6.75], [5, 0.5]);
    expect([...observation]).toEqual([7, 7]);
    expect(reward).toBeCloseTo(-(30 * 1.25 + 4 + 49), 12);
  });

  it('starts around the origin with the standard deviation of the paper', () => {
    const env = multiGoal();
    let squares = 0;
    for (let i = 0; i < 5000; i += 1) {
      const { observation } = i === 0 ? env.reset({ seed: 1 }) : env.reset();
      squares += observation.reduce((sum, x) => sum + x * x, 0);
    }
    // Standard error of a variance estimate from 10 000 draws: sqrt(2 / 10 000) of it.
    expect(Math.abs(squares / 10_000 - 0.01)).toBeLessThan(4 * 0.01 * Math.sqrt(2 / 10_000));
  });

  it('takes other goals, weights and extent', () => {
    const options = {
      goals: [[2, 2]] as Point[],
      goalReward: 7,
      goalRadius: 0.5,
      actionCost: 2,
      distanceCost: 3,
    };
    const reached = stepFrom([1, 2], [0.75, 0], options);
    expect(reached.reward).toBeCloseTo(7 - (2 * 0.5625 + 3 * 0.0625), 12);
    expect(reached.info.goal).toBe(0);
    expect([...stepFrom([0, 0], [1, 1], { extent: 0.5 }).observation]).toEqual([0.5, 0.5]);
    expect(Math.hypot(...multiGoal({ startSigma: 0 }).reset().observation)).toBe(0);
  });

  it('adds to each coordinate of a move noise of the standard deviation that it is given', () => {
    const noise = 0.3;
    const env = multiGoal({ noise });
    const moves: [number, number][] = [];
    for (let i = 0; i < 5000; i += 1) {
      env.reset({ ...(i === 0 && { seed: 1 }), options: { position: [1, 2] } });
      const [x = Number.NaN, y = Number.NaN] = env.step([0.25, -0.5]).observation;
      moves.push([x - 1.25, y - 1.5]);
    }
    const averageOf = (value: (x: number, y: number) => number) =>
      moves.reduce((sum, [x, y]) => sum + value(x, y), 0) / moves.length;
    // Standard errors of a mean, a variance and a covariance of 5000 draws; 4 of them.
    const error = 4 / Math.sqrt(5000);
    expect(Math.abs(averageOf((x) => x) / noise)).toBeLessThan(error);
    expect(Math.abs(averageOf((_, y) => y) / noise)).toBeLessThan(error);
    expect(Math.abs(averageOf((x) => x * x) / noise ** 2 - 1)).toBeLessThan(Math.SQRT2 * error);
    expect(Math.abs(averageOf((_, y) => y * y) / noise ** 2 - 1)).toBeLessThan(Math.SQRT2 * error);
    expect(Math.abs(averageOf((x, y) => x * y) / noise ** 2)).toBeLessThan(error);
  });

  it('refuses options that make no sense', () => {
    expect(() => multiGoal(JSON.parse('{"goalreward": 3}'))).toThrow(
      'MultiGoal-v0: option goalreward is unknown. Known options: goals, goalRadius, goalReward,',
    );
    expect(() => multiGoal({ noise: -1 })).toThrow(
      'option noise is -1, expected a finite number of at least 0',
    );
    expect(() => multiGoal({ goals: [] })).toThrow('option goals is [], expected at least one [x, y]');
    expect(() => multiGoal(JSON.parse('{"goals": [[1]]}'))).toThrow('option goals is [[1]]');
    expect(() => multiGoal(JSON.parse('{"goals": [[1, null]]}'))).toThrow('option goals is [[1,null]]');
    expect([...multiGoal().reset({ options: { position: [-7, 7] } }).observation]).toEqual([-7, 7]);
    expect(() => multiGoal().reset({ options: { position: [0, 8] } })).toThrow(
      'got [0,8], expected [x, y] between -7 and 7',
    );
  });

  it('exports the goals of the paper', () => {
    expect(multiGoalDefaults.goals.map(([x, y]) => Math.hypot(x, y))).toEqual([5, 5, 5, 5]);
    expect(multiGoalDefaults.goalRadius).toBe(1);
  });
});
