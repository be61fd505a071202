import type { Env } from '@meow-rl/envs';
import { createGenerator } from '@meow-rl/random';
import type { Actor } from '@meow-rl/train';
import { seedFor } from '@meow-rl/train';

/** Draws every action uniformly from [-1, 1]. */
export function randomActor(env: Pick<Env, 'observationSpace' | 'actionSpace'>, seed: number): Actor {
  const generator = createGenerator(seedFor('exploration', seed));
  const observationSize = env.observationSpace.size;
  const actionSize = env.actionSpace.size;
  return {
    observationSize,
    actionSize,
    act: (observations) => {
      const actions = new Float32Array((observations.length / observationSize) * actionSize);
      return Promise.resolve(actions.map(() => 2 * generator.uniform() - 1));
    },
    dispose: () => Promise.resolve(),
  };
}
