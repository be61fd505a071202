import { createAgent } from '@meow-rl/learner';
import type { Agent, AgentOptions } from '@meow-rl/learner';

import { meow } from './meow.ts';
import type { MEOW_SETTINGS } from './settings.ts';

/** What a MEow agent is made with. */
export type MeowAgentOptions = AgentOptions<typeof MEOW_SETTINGS>;
/** A MEow agent: one network for policy, Q and V, trained with one loss. */
export type MeowAgent = Agent<typeof MEOW_SETTINGS, 'q1' | 'q2' | 'value' | 'logProb'>;

/**
 * Makes a MEow agent.
 *
 * @throws RangeError for settings out of range
 */
export const createMeowAgent = (options: MeowAgentOptions): Promise<MeowAgent> => createAgent(meow, options);
