import { sameBox, type Box, type Env, type VectorEnv } from '@meow-rl/envs';

import type { Actor } from './contracts/actor.ts';

/** The spaces of an environment, and the name it goes by in messages. */
export interface EnvironmentSpaces {
  readonly id: string;
  readonly observationSpace: Box;
  readonly actionSpace: Box;
}

/** The spaces of one environment, also of one of several that step together. */
export const spacesOf = (env: Env | VectorEnv): EnvironmentSpaces =>
  'numEnvs' in env
    ? { id: env.id, observationSpace: env.singleObservationSpace, actionSpace: env.singleActionSpace }
    : env;

/**
 * Throws unless `actor` has the environment's sizes and gives the actions that it takes.
 *
 * @param where begins the message
 * @throws RangeError saying what differs
 */
export function checkFit(where: string, actor: Actor, environment: EnvironmentSpaces): void {
  const { id, observationSpace, actionSpace } = environment;
  const expected = { observationSize: observationSpace.size, actionSize: actionSpace.size };
  for (const name of ['observationSize', 'actionSize'] as const) {
    if (actor[name] === expected[name]) continue;
    throw new RangeError(
      `${where}: what acts has ${name} = ${actor[name]}, expected ${expected[name]} as in ${id}. ` +
        'Make it for this environment.',
    );
  }
  if (actor.actionSpace) {
    if (sameBox(actor.actionSpace, actionSpace)) return;
    throw new RangeError(
      `${where}: what acts gives actions ${boundsOf(actor.actionSpace)}, expected ${boundsOf(actionSpace)} as ${id} takes them. ` +
        'Play it in the environment that it was made for, without rescaleAction.',
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

const boundsOf = ({ low, high }: Box) => `from [${low.join(', ')}] to [${high.join(', ')}]`;
