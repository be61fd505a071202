import { evaluate, type Actor } from '@meow-rl/train';
import { pendulum } from '@meow-rl/envs';
import { describe, expect, it } from 'vitest';

import { makeAgentEnv } from '../environments/environments.ts';
import { noisyActor } from './noisy-actor.ts';

/** Gives back what it sees, the first two entries of each observation. */
const echo: Actor = {
  observationSize: 3,
  actionSize: 2,
  act: async (observations) => observations.filter((_, i) => i % 3 < 2),
  dispose: async () => {},
};
const observations = new Float32Array(3 * 4000);
const act = (actor: Actor) => actor.act(observations, { deterministic: true });

const spread = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);

describe('noisyActor', () => {
  it('adds noise of the given sizes to what the policy sees and does', async () => {
    const seen = await act(noisyActor(echo, { observationNoise: 0.1, actionNoise: 0 }, 1));
    expect(spread(seen)).toBeCloseTo(0.1, 2);
    const done = await act(noisyActor(echo, { observationNoise: 0, actionNoise: 0.2 }, 1));
    expect(spread(done)).toBeCloseTo(0.2, 2);
    const both = await act(noisyActor(echo, { observationNoise: 0.1, actionNoise: 0.2 }, 1));
    both.forEach((value, i) => expect(value).toBeCloseTo((seen[i] ?? NaN) + (done[i] ?? NaN), 6));
    expect(spread(both)).toBeCloseTo(Math.sqrt(0.05), 2);
    expect(observations.every((value) => value === 0)).toBe(true);
  });

  it('leaves an undisturbed policy alone, and is the same for the same seed', async () => {
    expect(spread(await act(noisyActor(echo, { observationNoise: 0, actionNoise: 0 }, 1)))).toBe(0);
    const noise = { observationNoise: 0.3, actionNoise: 0.3 };
    const first = await act(noisyActor(echo, noise, 1));
    expect(await act(noisyActor(echo, noise, 1))).toEqual(first);
    expect(await act(noisyActor(echo, noise, 2))).not.toEqual(first);
  });

  it('keeps actions in their bounds, in units of which noise is a share', async () => {
    const done = await act(noisyActor(echo, { observationNoise: 0, actionNoise: 5 }, 1));
    expect(Math.max(...done)).toBe(1);
    expect(Math.min(...done)).toBe(-1);
    const { actionSpace } = pendulum();
    const torque = { ...echo, actionSize: 1, actionSpace, act: async () => new Float32Array(4000) };
    const noisy = await act(noisyActor(torque, { observationNoise: 0, actionNoise: 0.1 }, 1));
    expect(spread(noisy)).toBeCloseTo(0.2, 2);
  });

  it('makes a good pendulum worse', async () => {
    // Brings the pendulum up and holds it there: energy far from the top, feedback near it.
    const swing: Actor = {
      observationSize: 3,
      actionSize: 1,
      act: async ([cos = 1, sin = 0, speed = 0]) => {
        const angle = Math.atan2(sin, cos);
        const near = Math.abs(angle) < 0.5;
        const torque = near ? -10 * angle - 2 * speed : Math.sign(speed || 1) * 2;
        return Float32Array.of(Math.max(-1, Math.min(1, torque / 2)));
      },
      dispose: async () => {},
    };
    const meanWith = async (observationNoise: number) => {
      const env = await makeAgentEnv({ env: 'Pendulum-v1' });
      const actor = noisyActor(swing, { observationNoise, actionNoise: 0 }, 5);
      return (await evaluate({ actor, env, episodes: 5, seed: 5 })).mean;
    };
    expect(await meanWith(1)).toBeLessThan((await meanWith(0)) - 50);
  });
});
