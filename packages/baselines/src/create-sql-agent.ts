import { createAgent } from '@meow-rl/learner';
import type { Agent, AgentOptions } from '@meow-rl/learner';

import { sql } from './sql.ts';
import type { SQL_SETTINGS } from './sql-settings.ts';

/** What an SQL agent is made with. */
export type SqlAgentOptions = AgentOptions<typeof SQL_SETTINGS>;
/** A soft Q-learning agent, which learns by {@link sql}. */
export type SqlAgent = Agent<typeof SQL_SETTINGS, 'q1'>;

/**
 * Makes a soft Q-learning agent.
 *
 * @throws RangeError for settings out of range
 */
export const createSqlAgent = (options: SqlAgentOptions): Promise<SqlAgent> => createAgent(sql, options);
