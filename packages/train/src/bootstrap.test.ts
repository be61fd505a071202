import { box, createEnv, timeLimit, vectorEnv, type AutoresetMode, type Env } from '@meow-rl/envs';
import { replayBuffer } from '@meow-rl/replay';
import { describe, expect, it } from 'vitest';

import { tabularAgent } from './testing/tabular-agent.ts';
import { trainOffPolicy } from './train-off-policy.ts';

// Exact in float32.
const gamma = 0.875;
const spaces = {
  observationSpace: box({ low: 0, high: 3, shape: [1] }),
  actionSpace: box({ low: -1, high: 1, shape: [1] }),
};

/** Pays 1 a step from state to state, beginning in 0. */
function walk(id: string, next: (state: number) => { state: number; terminated: boolean }): Env {
  let state = 0;
  return createEnv({
    id,
    ...spaces,
    start() {
      state = 0;
      return { observation: Float64Array.of(state), info: {} };
    },
    advance() {
      const step = next(state);
      ({ state } = step);
      const { terminated } = step;
      return { observation: Float64Array.of(state), reward: 1, terminated, truncated: false, info: {} };
    },
  });
}

/** Three states round in a circle, for ever. */
const circle = () => walk('Circle-v0', (state) => ({ state: (state + 1) % 3, terminated: false }));

/** Three steps to the end. */
const corridor = () => walk('Corridor-v0', (state) => ({ state: state + 1, terminated: state === 2 }));

async function learnedValues(make: () => Env, autoresetMode: AutoresetMode) {
  const agent = tabularAgent({ states: 4, rate: 0.2 });
  await trainOffPolicy({
    agent,
    env: vectorEnv(make, { numEnvs: 3, autoresetMode }),
    replay: replayBuffer({ capacity: 500, observationSize: 1, actionSize: 1, discount: gamma, seed: 0 }),
    steps: 600,
    batchSize: 32,
    seed: 0,
  });
  return agent.values;
}

describe.each(['next-step', 'same-step', 'disabled'] as const)('values learned in %s mode', (mode) => {
  it('go on past a truncation: every state of an endless task is worth 1 / (1 − γ)', async () => {
    const values = await learnedValues(() => timeLimit(circle(), 4), mode);
    for (const value of values.slice(0, 3)) expect(value).toBeCloseTo(8, 6);
  });

  it('end at a termination: with k steps left a state is worth (1 − γᵏ) / (1 − γ)', async () => {
    const values = await learnedValues(corridor, mode);
    expect(values[0]).toBeCloseTo(2.640625, 9);
    expect(values[1]).toBeCloseTo(1.875, 9);
    expect(values[2]).toBeCloseTo(1, 9);
    // Where it ended nothing was ever done.
    expect(values[3]).toBe(0);
  });

  it('end at a step that both terminates and reaches the limit', async () => {
    const values = await learnedValues(() => timeLimit(corridor(), 3), mode);
    expect(values[0]).toBeCloseTo(2.640625, 9);
  });
});
