import { createOnPolicyAgent } from '@meow-rl/learner';
import type { OnPolicyAgentOptions, RolloutAgent } from '@meow-rl/learner';

import { ppo } from './ppo.ts';
import type { PPO_SETTINGS } from './ppo-settings.ts';

/** What a PPO agent is made with. */
export type PpoAgentOptions = OnPolicyAgentOptions<typeof PPO_SETTINGS>;
/** An agent of proximal policy optimization, which learns by {@link ppo}. */
export type PpoAgent = RolloutAgent<typeof PPO_SETTINGS>;

/**
 * Makes a PPO agent, for `trainOnPolicy`.
 *
 * @throws RangeError for settings out of range
 */
export const createPpoAgent = (options: PpoAgentOptions): Promise<PpoAgent> =>
  createOnPolicyAgent(ppo, options);
