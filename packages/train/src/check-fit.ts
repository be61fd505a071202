import type { Box } from '@meow-rl/envs';

import type { Agent } from './agent.ts';

/** The spaces of an environment, and the name it goes by in messages. */
export interface EnvironmentSpaces {
  readonly id: string;
  readonly observationSpace: Box;
  readonly actionSpace: Box;
}

/**
 * Throws unless `agent` has the environment's sizes and the environment takes actions in [-1, 1].
 *
 * @param where begins the message
 * @throws RangeError saying what differs
 */
export function checkFit(where: string, agent: Agent, environment: EnvironmentSpaces): void {
  const { id, observationSpace, actionSpace } = environment;
  for (const [name, own, theirs] of [
    ['observationSize', agent.observationSize, observationSpace.size],
    ['actionSize', agent.actionSize, actionSpace.size],
  ] as const) {
    if (own === theirs) continue;
    throw new RangeError(
      `${where}: the ${agent.algorithm} agent has ${name} = ${own}, expected ${theirs} as in ${id}. ` +
        'Make the agent for this environment.',
    );
  }
  const entry = actionSpace.low.findIndex((low, i) => low !== -1 || actionSpace.high[i] !== 1);
  if (entry >= 0) {
    throw new RangeError(
      `${where}: action entry ${entry} of ${id} is in [${actionSpace.low[entry]}, ${actionSpace.high[entry]}], ` +
        'expected [-1, 1], in which agents act. Wrap the environment with rescaleAction(env).',
    );
  }
}
