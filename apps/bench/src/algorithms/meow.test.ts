import { resolveConfig } from '@meow-rl/learner/settings';
import { expect, it } from 'vitest';

import { meow } from './meow.ts';

/** The authors' settings for MuJoCo: τ, α, warm-up, range of log σ, steps. */
const paper = {
  HalfCheetah: [0.003, 0.25, 10_000, -5, 2, 1_500_000],
  Hopper: [0.005, 0.25, 5000, -5, -0.3, 1_500_000],
  Walker2d: [0.005, 0.1, 10_000, -5, -0.3, 4_000_000],
  Ant: [0.0001, 0.05, 5000, -5, -0.3, 4_000_000],
  Humanoid: [0.0005, 0.125, 5000, -5, -0.3, 5_000_000],
} as const;

it.each(
  Object.entries(paper).flatMap(([task, settings]) => ['v4', 'v5'].map((v) => [`${task}-${v}`, settings])),
)('%s is trained as in the paper', (id, settings) => {
  const name = meow.presetOfEnvironment[String(id)] ?? meow.generalPreset;
  const { agent, ...run } = meow.presets[name];
  const { tau, alpha, logSigmaMin, logSigmaMax, ...others } = resolveConfig(meow, agent);
  expect([tau, alpha, run.warmup, logSigmaMin, logSigmaMax, run.steps]).toEqual(settings);
  expect(others).toMatchObject({
    learningRate: 1e-3,
    gradClip: 30,
    gamma: 0.99,
    batchSize: 256,
    dropout: 0.1,
  });
  expect(run).toMatchObject({ numEnvs: 1, updatesPerStep: 1, bufferSize: 1e6, evaluateEvery: 10_000 });
});
