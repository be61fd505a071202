import { describe, expect, it } from 'vitest';

import { pendulum } from './pendulum.ts';
import { describeEnv } from './testing/describe-env.ts';
import { timeLimit } from './time-limit.ts';

describeEnv('pendulum', () => timeLimit(pendulum(), 50));

describe('pendulum', () => {
  it('starts anywhere: angles uniform in ±π, speeds in ±1', () => {
    const env = pendulum();
    const count = 5000;
    const angles: number[] = [];
    const speeds: number[] = [];
    for (let i = 0; i < count; i += 1) {
      const [cos = Number.NaN, sin = Number.NaN, speed = Number.NaN] = env.reset(
        i === 0 ? { seed: 1 } : {},
      ).observation;
      angles.push(Math.atan2(sin, cos) / Math.PI);
      speeds.push(speed);
    }
    for (const values of [angles, speeds]) {
      const mean = values.reduce((sum, x) => sum + x, 0) / count;
      const square = values.reduce((sum, x) => sum + x * x, 0) / count;
      // U(±1): variance 1/3, and 4/45 of the squares; 4 standard errors.
      expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(1 / 3 / count));
      expect(Math.abs(square - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / count));
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1);
    }
    const product = angles.reduce((sum, angle, i) => sum + angle * (speeds[i] ?? Number.NaN), 0) / count;
    expect(Math.abs(product)).toBeLessThan(4 * (1 / 3) * Math.sqrt(1 / count));
  });

  it('pays for where it was, not for where a step leads', () => {
    const env = pendulum();
    env.reset({ options: { state: [1, 2] } });
    expect(env.step([0.5]).reward).toBeCloseTo(-(1 + 0.1 * 4 + 0.001 * 0.25), 12);
  });

  it('swings more slowly with less gravity', () => {
    const env = pendulum({ gravity: 2 });
    env.reset({ options: { state: [Math.PI / 2, 0] } });
    expect(env.step([0]).observation[2]).toBeCloseTo(1.5 * 2 * 0.05, 12);
  });

  it.each([
    [{ state: [0] }, '[0]'],
    [{ state: [Number.NaN, 0] }, '[null,0]'],
    [{ state: [0, 8.1] }, '[0,8.1]'],
    [{ state: 'up' }, '"up"'],
  ])('refuses to start at %j', (options, came) => {
    expect(() => pendulum().reset({ options: JSON.parse(JSON.stringify(options)) })).toThrow(
      `Pendulum-v1: reset({ options: { state } }) got ${came}, expected [angle, speed] with a speed between -8 and 8`,
    );
  });

  it('refuses options that make no sense', () => {
    expect(() => pendulum(JSON.parse('{"g": 3}'))).toThrow(
      'Pendulum-v1: option g is unknown. Known options: gravity.',
    );
    expect(() => pendulum({ gravity: -1 })).toThrow('option gravity is -1, expected a finite number');
    expect(() => pendulum(JSON.parse('{"gravity": "9.81"}'))).toThrow('option gravity is 9.81, expected');
  });

  it('refuses a state whose numbers are missing, and stays where it was', () => {
    const env = pendulum();
    env.reset({ options: { state: [1, 2] } });
    const state = env.state();
    const damaged = JSON.parse(JSON.stringify(state));
    damaged.own.task = 'AAAA';
    expect(() => env.restore(damaged)).toThrow('Pendulum-v1: state.own.task is damaged');
    expect(env.state()).toEqual(state);
  });
});
