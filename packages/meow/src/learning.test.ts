import { logIntegral, squareQuadrature } from '@meow-rl/flows/testing';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { createGenerator } from '@meow-rl/random';
import { expect, it } from 'vitest';

import { createMeowAgent } from './index.ts';
import type { MeowAgent } from './index.ts';

const ALPHA = 0.5;
const BATCH = 64;
const UPDATES = 2000;
const SAMPLES = 2000;
const STATES = [-1, 1];

/** Two modes, one on either side; the state, −1 or 1, says which of them pays more. */
function reward(state: number, x: number, y: number): number {
  const near = (side: number): number => 0.1 * side * state - 5 * ((x - side * 0.5) ** 2 + y ** 2);
  return Math.max(near(-1), near(1));
}

/** Strips of equal width: around the left mode, in the valley between, around the right mode. */
const strips = [-0.5, 0, 0.5].map((center) => (x: number) => Math.abs(x - center) < 0.2);

interface Answer {
  readonly value: number;
  /** Probability of each strip. */
  readonly shares: readonly number[];
}

/** What is to be learned of one-step episodes: V = α log ∫ exp(r / α) da and π = exp((r − V) / α). */
function solutionFor(state: number): Answer {
  const quadrature = squareQuadrature(2, 81);
  const logDensity = quadrature.points.map(([x = 0, y = 0]) => reward(state, x, y) / ALPHA);
  const normalizer = logIntegral(quadrature, logDensity);
  const shares = strips.map((contains) => {
    const part = logDensity.map((density, i) =>
      contains(quadrature.points[i]?.[0] ?? 0) ? density : Number.NEGATIVE_INFINITY,
    );
    return Math.exp(logIntegral(quadrature, part) - normalizer);
  });
  return { value: ALPHA * normalizer, shares };
}

async function answerOf(agent: MeowAgent, state: number): Promise<Answer> {
  const [value = Number.NaN] = await agent.value(Float32Array.of(state));
  const actions = await agent.act(new Float32Array(SAMPLES).fill(state), { deterministic: false });
  const xs = Array.from(actions).filter((_, i) => i % 2 === 0);
  return { value, shares: strips.map((contains) => xs.filter(contains).length / SAMPLES) };
}

function exploreWith({ replayed }: MeowAgent, observations: Float32Array) {
  if (!replayed) throw new Error('replay keeps latents');
  return replayed.explore(observations);
}

it.each([0, 1, 2] as const)(
  'learns the soft value and a policy with both modes from its own actions with %d shifts',
  { timeout: 60_000 },
  async (shifts) => {
    const agent = await createMeowAgent({
      runtime: onnxRuntimeNode(),
      observationSize: 1,
      actionSize: 2,
      seed: 3,
      config: {
        alpha: ALPHA,
        hidden: [32, 32],
        shiftHidden: [32],
        shifts,
        batchSize: BATCH,
        dropout: 0,
        learningRate: 5e-3,
        logSigmaMin: -2,
        logSigmaMax: 1,
      },
    });
    const solutions = STATES.map(solutionFor);
    for (const [i, state] of STATES.entries()) {
      const before = await answerOf(agent, state);
      expect(Math.abs(before.value - (solutions[i]?.value ?? 0))).toBeGreaterThan(0.3);
    }

    const random = createGenerator(1);
    for (let update = 0; update < UPDATES; update++) {
      const observations = Float32Array.from({ length: BATCH }, () => STATES[random.integer(2)] ?? 0);
      const { actions, replayed } = await exploreWith(agent, observations);
      await agent.update({
        observations,
        actions: replayed,
        rewards: observations.map((state, i) => reward(state, actions[2 * i] ?? 0, actions[2 * i + 1] ?? 0)),
        nextObservations: observations,
        terminated: new Float32Array(BATCH).fill(1),
        discounts: new Float32Array(BATCH),
      });
    }

    for (const [i, state] of STATES.entries()) {
      const learned = await answerOf(agent, state);
      const expected = solutions[i] ?? learned;
      expect(Math.abs(learned.value - expected.value), `value in state ${state}`).toBeLessThan(0.1);
      for (const [strip, share] of learned.shares.entries())
        expect(
          Math.abs(share - (expected.shares[strip] ?? 0)),
          `strip ${strip}, state ${state}`,
        ).toBeLessThan(0.1);
      const [left = 0, valley = 0, right = 0] = learned.shares;
      expect(Math.min(left, right), `modes in state ${state}`).toBeGreaterThan(1.2 * valley);
      expect(left > right, `the better mode in state ${state}`).toBe(state < 0);
    }
    await agent.dispose();
  },
);
