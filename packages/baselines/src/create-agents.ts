import { createAgent, createOnPolicyAgent } from '@meow-rl/learner';
import type {
  Agent,
  AgentOptions,
  AlgorithmDefinition,
  CommonSettings,
  NetworkGroups,
  OnPolicyAgentOptions,
} from '@meow-rl/learner';

import { ddpg } from './ddpg.ts';
import { ppo } from './ppo.ts';
import type { PPO_SETTINGS } from './ppo-settings.ts';
import { sac } from './sac.ts';
import { sql } from './sql.ts';
import { td3 } from './td3.ts';

/** A function that makes agents which learn by a definition. */
const agentsOf =
  <N extends NetworkGroups, T extends CommonSettings, Q extends string>(
    definition: AlgorithmDefinition<N, T, Q>,
  ) =>
  (options: AgentOptions<T>): Promise<Agent<T, Q>> =>
    createAgent(definition, options);

/**
 * Makes a DDPG agent.
 *
 * @throws RangeError for settings out of range
 */
export const createDdpgAgent = agentsOf(ddpg);
/** What a DDPG agent is made with. */
export type DdpgAgentOptions = Parameters<typeof createDdpgAgent>[0];
/** A DDPG agent, which learns by {@link ddpg}. */
export type DdpgAgent = Awaited<ReturnType<typeof createDdpgAgent>>;

/**
 * Makes a PPO agent, for `trainOnPolicy`.
 *
 * @throws RangeError for settings out of range, or that contradict each other
 */
export const createPpoAgent = (options: OnPolicyAgentOptions<typeof PPO_SETTINGS>) =>
  createOnPolicyAgent(ppo, options);
/** What a PPO agent is made with. */
export type PpoAgentOptions = Parameters<typeof createPpoAgent>[0];
/** An agent of proximal policy optimization, which learns by {@link ppo}. */
export type PpoAgent = Awaited<ReturnType<typeof createPpoAgent>>;

/**
 * Makes a SAC agent.
 *
 * @throws RangeError for settings out of range, or that contradict each other
 */
export const createSacAgent = agentsOf(sac);
/** What a SAC agent is made with. */
export type SacAgentOptions = Parameters<typeof createSacAgent>[0];
/** A Soft Actor-Critic agent, which learns by {@link sac}. */
export type SacAgent = Awaited<ReturnType<typeof createSacAgent>>;

/**
 * Makes a soft Q-learning agent.
 *
 * @throws RangeError for settings out of range
 */
export const createSqlAgent = agentsOf(sql);
/** What a soft Q-learning agent is made with. */
export type SqlAgentOptions = Parameters<typeof createSqlAgent>[0];
/** A soft Q-learning agent, which learns by {@link sql}. */
export type SqlAgent = Awaited<ReturnType<typeof createSqlAgent>>;

/**
 * Makes a TD3 agent.
 *
 * @throws RangeError for settings out of range, or that contradict each other
 */
export const createTd3Agent = agentsOf(td3);
/** What a TD3 agent is made with. */
export type Td3AgentOptions = Parameters<typeof createTd3Agent>[0];
/** A TD3 agent, which learns by {@link td3}. */
export type Td3Agent = Awaited<ReturnType<typeof createTd3Agent>>;
