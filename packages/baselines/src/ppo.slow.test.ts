import { makeEnv, rescaleAction, vectorEnv } from '@meow-rl/envs';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { rolloutBuffer } from '@meow-rl/replay';
import {
  evaluate,
  normalizedOnPolicyAgent,
  observationNormalizer,
  rewardScaler,
  trainOnPolicy,
} from '@meow-rl/train';
import { expect, it } from 'vitest';

import { createPpoAgent } from './create-agents.ts';

const NUM_ENVS = 4;
const pendulum = () => rescaleAction(makeEnv('Pendulum-v1'));

it.each([1, 2, 3])(
  'swings a pendulum up within 150,000 steps, seed %d',
  { timeout: 300_000 },
  async (seed) => {
    const env = vectorEnv(pendulum, { numEnvs: NUM_ENVS, autoresetMode: 'same-step' });
    const sizes = {
      observationSize: env.singleObservationSpace.size,
      actionSize: env.singleActionSpace.size,
    };
    const unwrapped = await createPpoAgent({
      runtime: onnxRuntimeNode(),
      ...sizes,
      seed,
      // RL Baselines3 Zoo's, without its state-dependent exploration.
      config: { gamma: 0.9, learningRate: 1e-3, rolloutSteps: 1024 },
    });
    const { rolloutSteps, gamma } = unwrapped.config;
    const agent = normalizedOnPolicyAgent(unwrapped, {
      observations: observationNormalizer({ size: sizes.observationSize }),
      rewards: rewardScaler({ numEnvs: NUM_ENVS, gamma }),
    });
    await trainOnPolicy({
      agent,
      env,
      rollout: rolloutBuffer({ steps: rolloutSteps, numEnvs: NUM_ENVS, ...sizes }),
      steps: 150_000,
      seed,
    });
    const played = await evaluate({
      actor: agent,
      env: pendulum(),
      episodes: 20,
      deterministic: true,
      seed: 100,
    });
    expect(played.mean).toBeGreaterThan(-200);
    await agent.dispose();
    await env.close();
  },
);
