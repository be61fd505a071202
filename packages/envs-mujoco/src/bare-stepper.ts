import type { MujocoEnv } from './task-env.ts';

/** MuJoCo alone, beside an environment: what a step costs without the task around it. */
export interface BareStepper {
  /** Puts the physics where the environment's is, so that the same actions lead the same way. */
  sync(): void;
  /** The calls of MuJoCo that one step of the environment makes, and nothing else. */
  step(action: ArrayLike<number>): void;
  /** Frees its own copy of the simulation; the environment stays open. */
  close(): void;
}

/**
 * A second simulation of `env`'s model, to time `step` of MuJoCo beside `env.step`.
 *
 * Let one take some steps, then the other, in turns: after `sync` the same actions make the same contacts, so the ratio
 * of the times is what the task costs.
 *
 * @param env in an episode whenever `sync` is called
 */
export function bareStepper(env: MujocoEnv): BareStepper {
  const { frameSkip, contactForces } = env;
  const simulation = env.simulation.twin();
  return {
    sync: () => simulation.restore(env.simulation.capture()),
    step(action) {
      simulation.control(action);
      simulation.advance(frameSkip);
      if (contactForces) simulation.computeContactForces();
    },
    close: () => simulation.close(),
  };
}
