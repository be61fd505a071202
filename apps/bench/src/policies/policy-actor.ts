import { sameBox, type Env } from '@meow-rl/envs';
import type { Policy } from '@meow-rl/export';
import type { Actor } from '@meow-rl/train';

import { UsageError } from '../cli/errors.ts';

/**
 * A deployed policy as an actor: its actions, which are in the environment's units, are
 * taken back to [-1, 1].
 */
export function policyActor(
  policy: Policy,
  env: Pick<Env, 'id' | 'observationSpace' | 'actionSpace'>,
): Actor {
  const { observationSpace, actionSpace } = policy.metadata;
  if (observationSpace.size !== env.observationSpace.size || actionSpace.size !== env.actionSpace.size)
    throw new UsageError(
      `the policy takes ${observationSpace.size} observations and gives ${actionSpace.size} actions, ${env.id} has ${env.observationSpace.size} and ${env.actionSpace.size}`,
      'Export it again for that environment.',
    );
  const { low, high, size } = actionSpace;
  if (!sameBox(actionSpace, env.actionSpace))
    throw new UsageError(
      `the policy gives actions from [${low.join(', ')}] to [${high.join(', ')}], ${env.id} takes them from [${env.actionSpace.low.join(', ')}] to [${env.actionSpace.high.join(', ')}]`,
      'Play it in the environment that it was trained in.',
    );
  return {
    observationSize: observationSpace.size,
    actionSize: size,
    act: async (observations, { deterministic }) => {
      if (!deterministic)
        throw new UsageError('policy.onnx gives deterministic actions only', 'Leave --stochastic out.');
      const actions = await policy.act(observations);
      return actions.map((action, i) => {
        const [from = -1, to = 1] = [low[i % size], high[i % size]];
        // One number, wherever in [-1, 1] it is asked for.
        if (from === to) return 0;
        return Math.min(1, Math.max(-1, (2 * (action - from)) / (to - from) - 1));
      });
    },
    dispose: () => policy.dispose(),
  };
}
