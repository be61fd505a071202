import { multiGoal, type Env } from '@meow-rl/envs';

const LAST_STEP = 230;

/** Test double: MultiGoal in a thread that ends in the middle of a step. */
function dyingEnv(): Env {
  const env = multiGoal();
  let steps = 0;
  return {
    ...env,
    step(action) {
      steps += 1;
      if (steps > LAST_STEP) process.exit(7);
      return env.step(action);
    },
  };
}

export const registry = { 'MultiGoal-v0': { create: dyingEnv, maxSteps: 30 } };
