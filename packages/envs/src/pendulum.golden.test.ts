import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { builtinEnvs } from './make-env.ts';
import { pendulum } from './pendulum.ts';

/** Steps from a given state, as Gymnasium takes them. */
interface GoldenSteps {
  g: number;
  maxEpisodeSteps: number;
  state: [angle: number, speed: number];
  steps: {
    action: number[];
    state: [angle: number, speed: number];
    obs: number[];
    reward: number;
    terminated: boolean;
    truncated: boolean;
  }[];
}

const folder = process.env['GOLDEN_DIR'] ?? fileURLToPath(new URL('../fixtures', import.meta.url));
const cases: Record<string, GoldenSteps> = JSON.parse(
  readFileSync(path.resolve(folder, 'gymnasium-pendulum.json'), 'utf8'),
);

const difference = (actual: ArrayLike<number>, expected: readonly number[]) =>
  Math.max(...expected.map((value, i) => Math.abs((actual[i] ?? Number.NaN) - value)));

describe.each(Object.entries(cases))('Pendulum-v1, %s', (_, golden) => {
  it('steps as Gymnasium does', () => {
    expect(golden.steps.length).toBeGreaterThan(0);
    const env = pendulum({ gravity: golden.g });
    env.reset({ options: { state: golden.state } });
    for (const [i, expected] of golden.steps.entries()) {
      const { observation, reward, terminated, truncated } = env.step(expected.action);
      const [angle, speed] = expected.state;
      expect(observation).toHaveLength(3);
      expect(
        difference(observation, [Math.cos(angle), Math.sin(angle), speed]),
        `state after step ${i}`,
      ).toBeLessThan(1e-12);
      // Gymnasium rounds to float32: by half of the distance of two numbers from 4 to 8.
      expect(difference(observation, expected.obs), `observation of step ${i}`).toBeLessThan(2 ** -22);
      expect(Math.abs(reward - expected.reward), `reward of step ${i}`).toBeLessThan(1e-12);
      expect([terminated, truncated]).toEqual([expected.terminated, expected.truncated]);
    }
  });

  it('has the time limit of Gymnasium', () => {
    expect(builtinEnvs['Pendulum-v1']?.maxSteps).toBe(golden.maxEpisodeSteps);
  });
});
