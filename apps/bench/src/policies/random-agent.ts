import type { Env } from '@meow-rl/envs';
import { createGenerator } from '@meow-rl/random';
import type { Agent } from '@meow-rl/train';
import { seedFor } from '@meow-rl/train';

/** An agent that draws every action uniformly from [-1, 1] and does not learn. */
export function randomAgent(env: Pick<Env, 'observationSpace' | 'actionSpace'>, seed: number): Agent {
  const generator = createGenerator(seedFor('exploration', seed));
  const observationSize = env.observationSpace.size;
  const actionSize = env.actionSpace.size;
  return {
    algorithm: 'random',
    observationSize,
    actionSize,
    act: (observations) => {
      const actions = new Float32Array((observations.length / observationSize) * actionSize);
      return Promise.resolve(actions.map(() => 2 * generator.uniform() - 1));
    },
    update: () => Promise.reject(new Error('the random agent does not learn.')),
    dispose: () => Promise.resolve(),
  };
}
