import { sameBox, type Env } from '@meow-rl/envs';
import type { Policy } from '@meow-rl/export';
import type { Actor } from '@meow-rl/train';

import { UsageError } from '../cli/errors.ts';

/** A deployed policy as an actor, for an environment with actions in its own units. */
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
  const { low, high } = actionSpace;
  if (!sameBox(actionSpace, env.actionSpace))
    throw new UsageError(
      `the policy gives actions from [${low.join(', ')}] to [${high.join(', ')}], ${env.id} takes them from [${env.actionSpace.low.join(', ')}] to [${env.actionSpace.high.join(', ')}]`,
      'Play it in the environment that it was trained in.',
    );
  return {
    ...policy,
    act: async (observations, { deterministic }) => {
      if (!deterministic)
        throw new UsageError('policy.onnx gives deterministic actions only', 'Leave --stochastic out.');
      return policy.act(observations);
    },
  };
}
