import type { Box } from '@meow-rl/envs';
import { encodeMessage, ndarray, type Message } from '@meow-rl/envs-isaac-bridge';
import type { PolicyMetadata } from '@meow-rl/export';

const spaceOf = ({ shape, low, high }: Box): Message => ({
  shape,
  low: ndarray(low, shape),
  high: ndarray(high, shape),
});

/** The first message to a client, what openpi's client calls the server's metadata; names as in the metadata of policy files. */
export const greeting = (
  { algorithm, environment, observationSpace, actionSpace, trainingSteps, versions }: PolicyMetadata,
  actions: 'deterministic' | 'sampled',
): Uint8Array<ArrayBuffer> =>
  encodeMessage({
    server: 'meow-rl',
    algorithm,
    environment,
    observation_space: spaceOf(observationSpace),
    action_space: spaceOf(actionSpace),
    training_steps: trainingSteps,
    versions,
    actions,
  });
