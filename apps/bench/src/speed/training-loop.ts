import { vectorEnv } from '@meow-rl/envs';
import { replayBuffer } from '@meow-rl/replay';
import { trainOffPolicy } from '@meow-rl/train';

import { makeAgentEnv } from '../environments/environments.ts';
import { createMeasuredAgent } from './measured-agent.ts';
import type { Measured } from './measured-agent.ts';

/** The environment that the whole loop is measured on. */
export const LOOP_ENVIRONMENT = 'HalfCheetah-v5';
/** The batch of its updates from replay. */
export const LOOP_BATCH = 256;

/** How the loop runs. */
export interface LoopOptions extends Pick<Measured, 'algorithm' | 'threads' | 'seed' | 'engine'> {
  /** Act and step while the update before runs in another thread; default false. */
  readonly pipeline?: boolean;
}

/** Steps with an update that are made before the clock starts. */
const FIRST_UPDATES = 20;

/**
 * Environment steps per second of the whole loop with one update per step: act, step, store, sample, update.
 *
 * @param warmup steps with random actions and without updates, before the clock starts
 */
export async function loopStepsPerSecond(
  steps: number,
  warmup: number,
  { algorithm, threads, seed, engine, pipeline = false }: LoopOptions,
): Promise<number> {
  const env = vectorEnv(await agentEnv(), { numEnvs: 1, autoresetMode: 'same-step' });
  const sizes = { observationSize: env.singleObservationSpace.size, actionSize: env.singleActionSpace.size };
  const measured = { algorithm, ...sizes, batchSize: LOOP_BATCH, threads, seed, engine };
  // In the pipeline one thread acts and steps, so the others are left to update.
  const agent = await (pipeline
    ? createMeasuredAgent({ ...measured, threads: Math.max(1, threads - 1) }, 'background')
    : createMeasuredAgent(measured, 'workers'));
  try {
    let taken = 0;
    let begun = Number.NaN;
    const clocked: typeof env = {
      ...env,
      step: (actions) => {
        if (taken === warmup + FIRST_UPDATES) begun = performance.now();
        taken += 1;
        return env.step(actions);
      },
    };
    await trainOffPolicy({
      agent,
      env: clocked,
      replay: replayBuffer({ capacity: 1_000_000, ...sizes, discount: agent.config.gamma, seed }),
      steps: warmup + FIRST_UPDATES + steps,
      warmup,
      seed,
      pipeline,
    });
    return (1000 * steps) / (performance.now() - begun);
  } finally {
    await agent.dispose();
    await env.close();
  }
}

/** A maker of one environment: what `vectorEnv` calls, although loading MuJoCo takes a promise. */
async function agentEnv() {
  const env = await makeAgentEnv({ env: LOOP_ENVIRONMENT });
  return () => env;
}
