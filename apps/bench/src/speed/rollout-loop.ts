import { createOnPolicyAgent } from '@meow-rl/learner';
import type { OnPolicyDefinition } from '@meow-rl/learner';
import { rolloutBuffer } from '@meow-rl/replay';
import { normalizedOnPolicyAgent, observationNormalizer, rewardScaler, trainOnPolicy } from '@meow-rl/train';
import type { OnPolicyAgent } from '@meow-rl/train';

import { makeVectorEnvironment } from '../environments/environments.ts';
import { loadEngine } from '../runs/engines.ts';
import { LOOP_ENVIRONMENT } from './training-loop.ts';
import type { LoopOptions } from './training-loop.ts';

/** How the loop of what learns from rollouts is measured: `peers/loop_rollouts.py` has the same. */
export const NUM_ENVS = 16;
const ROLLOUT_STEPS = 128;

/** How the loop is described. */
export const ROLLOUT_SCHEDULE = `${NUM_ENVS} environments, rollouts of ${ROLLOUT_STEPS} steps of each`;

/**
 * Environment steps per second of the whole loop, with the default settings but for the rollouts: act, step, store, learn.
 * Observations are standardized and rewards scaled.
 *
 * @param steps at least; the rollout before them, which makes everything ready, isn't counted
 */
export async function rolloutLoopStepsPerSecond(
  definition: OnPolicyDefinition,
  steps: number,
  { threads, seed, engine }: Pick<LoopOptions, 'threads' | 'seed' | 'engine'>,
): Promise<number> {
  const workers = threads > 1 ? threads : 0;
  const env = await makeVectorEnvironment(
    { env: LOOP_ENVIRONMENT, environment: LOOP_ENVIRONMENT },
    { numEnvs: NUM_ENVS, workers, rescaleActions: true },
  );
  const sizes = { observationSize: env.singleObservationSpace.size, actionSize: env.singleActionSpace.size };
  const learner = await createOnPolicyAgent(definition, {
    runtime: await loadEngine(engine, { threads: 1 }),
    ...sizes,
    seed,
  });
  try {
    const agent = normalizedOnPolicyAgent(learner, {
      observations: observationNormalizer({ size: sizes.observationSize }),
      rewards: rewardScaler({ numEnvs: NUM_ENVS, gamma: learner.config.gamma }),
    });
    let begun = Number.NaN;
    const clocked: OnPolicyAgent = {
      ...agent,
      update: async (rollout, progress) => {
        const made = await agent.update(rollout, progress);
        if (Number.isNaN(begun)) begun = performance.now();
        return made;
      },
    };
    const transitions = NUM_ENVS * ROLLOUT_STEPS;
    const rollouts = Math.ceil(steps / transitions);
    await trainOnPolicy({
      agent: clocked,
      env,
      rollout: rolloutBuffer({ steps: ROLLOUT_STEPS, numEnvs: NUM_ENVS, ...sizes }),
      steps: (1 + rollouts) * transitions,
      seed,
    });
    return (1000 * rollouts * transitions) / (performance.now() - begun);
  } finally {
    await learner.dispose();
    await env.close();
  }
}
