import { createAgent } from '@meow-rl/learner';
import type { Agent, AgentOptions } from '@meow-rl/learner';

import { sac } from './sac.ts';
import type { SAC_SETTINGS } from './sac-settings.ts';

/** What a SAC agent is made with. */
export type SacAgentOptions = AgentOptions<typeof SAC_SETTINGS>;
/** A Soft Actor-Critic agent, which learns by {@link sac}. */
export type SacAgent = Agent<typeof SAC_SETTINGS, 'q1' | 'q2'>;

/**
 * Makes a SAC agent.
 *
 * @throws RangeError for settings out of range
 */
export const createSacAgent = (options: SacAgentOptions): Promise<SacAgent> => createAgent(sac, options);
