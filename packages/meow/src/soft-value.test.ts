import { logIntegral } from '@meow-rl/flows/testing';
import type { Quadrature } from '@meow-rl/flows/testing';
import { constant, parameterLayout, tanh } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { compute, matrix } from '@meow-rl/nn/testing';
import { createGenerator } from '@meow-rl/random';
import { describe, expect, it } from 'vitest';

import { createMeowAgent, meowNetworks, resolveMeowConfig } from './index.ts';
import type { MeowAgent, MeowConfig } from './index.ts';

const ALPHA = 0.5;
const BATCH = 64;
const UPDATES = 500;
const STATES = [-1, 1];

/** What the published implementation computes. */
const PUBLISHED: Partial<MeowConfig> = { coordinates: 'action', couplingBound: 0, uniformShare: 0 };

const WIDE: Partial<MeowConfig> = {
  alpha: ALPHA,
  hidden: [16, 16],
  shiftHidden: [16],
  batchSize: BATCH,
  dropout: 0,
  learningRate: 5e-3,
  logSigmaMin: -2,
  logSigmaMax: 2,
};

/** Pays for actions near the edges. */
const reward = (action: readonly number[]): number => action.reduce((sum, a) => sum + 15 * a * a, 0);

async function train(actionSize: number, form: Partial<MeowConfig>): Promise<MeowAgent> {
  const agent = await createMeowAgent({
    runtime: onnxRuntimeNode(),
    observationSize: 1,
    actionSize,
    seed: 3,
    config: { ...WIDE, ...form },
  });
  const random = createGenerator(1);
  for (let update = 0; update < UPDATES; update++) {
    const observations = Float32Array.from({ length: BATCH }, () => STATES[random.integer(2)] ?? 0);
    const { actions, replayed } = agent.replayed
      ? await agent.replayed.explore(observations)
      : await agent
          .act(observations, { deterministic: false })
          .then((sampled) => ({ actions: sampled, replayed: sampled }));
    await agent.update({
      observations,
      actions: replayed,
      rewards: observations.map(
        (state, i) => state + reward([...actions.subarray(actionSize * i, actionSize * (i + 1))]),
      ),
      nextObservations: observations,
      terminated: new Float32Array(BATCH).fill(1),
      discounts: new Float32Array(BATCH),
    });
  }
  return agent;
}

/** Latents on a grid that reaches beyond what σ ≤ e² covers, with the logarithm of the size of their actions' cells. */
function latentQuadrature(size: number): Quadrature {
  const [perAxis, bound] = size === 1 ? [1201, 30] : [151, 30];
  const step = (2 * bound) / (perAxis - 1);
  const axis = Array.from({ length: perAxis }, (_, i) => i * step - bound);
  const points = size === 1 ? axis.map((z) => [z]) : axis.flatMap((x) => axis.map((y) => [x, y]));
  const logCell = (z: number) =>
    Math.log(step) + 2 * (Math.LN2 - Math.abs(z) - Math.log1p(Math.exp(-2 * Math.abs(z))));
  return { points, logWeights: points.map((point) => point.reduce((total, z) => total + logCell(z), 0)) };
}

/** V₁ of each state as the network gives it, and `α log ∫ exp(Q₁ / α) da` by quadrature. */
async function softValues(agent: MeowAgent, actionSize: number) {
  const networks = meowNetworks({ observationSize: 1, actionSize }, resolveMeowConfig(agent.config));
  const layout = parameterLayout(networks.parameters);
  const { softQOfReplayed, softV } = networks.bind(
    layout.unpack(constant(layout.flatten(agent.parameters()))),
  );
  const quadrature = latentQuadrature(actionSize);
  const values: { value: number; integral: number }[] = [];
  for (const state of STATES) {
    const { q, v } = await compute(
      { latent: matrix(quadrature.points), state: matrix([[state]]) },
      ({ latent, state: given }) => {
        const replayed = agent.config.coordinates === 'latent' ? latent : tanh(latent);
        const [q1 = latent] = softQOfReplayed(given, replayed);
        const [v1 = latent] = softV(given);
        return { q: q1, v: v1 };
      },
      onnxRuntimeNode(),
    );
    const scaled = q.map((value) => value / ALPHA);
    values.push({ value: v[0] ?? Number.NaN, integral: ALPHA * logIntegral(quadrature, scaled) });
  }
  return values;
}

/** Errors of V of both states, relative. */
async function errorsAfterTraining(actionSize: number, form: Partial<MeowConfig>): Promise<number[]> {
  const agent = await train(actionSize, form);
  const values = await softValues(agent, actionSize);
  await agent.dispose();
  return values.map(({ value, integral }) => Math.abs(value - integral) / Math.abs(integral));
}

describe.each([1, 2])('V of a trained policy of %d actions with log σ up to 2', (actionSize) => {
  it('is the integral (Proposition 1)', { timeout: 60_000 }, async () => {
    for (const error of await errorsAfterTraining(actionSize, {})) expect(error).toBeLessThan(1e-3);
  });

  it('is more than the integral in the published form', { timeout: 60_000 }, async () => {
    for (const error of await errorsAfterTraining(actionSize, PUBLISHED)) expect(error).toBeGreaterThan(1e-2);
  });
});
