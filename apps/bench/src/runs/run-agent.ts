import type { CommonSettings } from '@meow-rl/learner';
import { threadedUpdates } from '@meow-rl/learner/node';
import {
  normalizedAgent,
  normalizedOnPolicyAgent,
  observationNormalizer,
  rewardScaler,
  seedFor,
} from '@meow-rl/train';
import type { OffPolicyAgent, ObservationNormalizer, OnPolicyAgent, RewardScaler } from '@meow-rl/train';

import type { Algorithm, TrainableAgent } from '../algorithms/algorithm.ts';
import { algorithmNamed } from '../algorithms/index.ts';
import { spacesOf } from '../environments/environments.ts';
import { loadEngine } from './engines.ts';
import type { ResolvedTrain } from './resolve.ts';

/** The agent of a run. */
export interface RunAgent<A extends TrainableAgent = TrainableAgent> {
  /** The agent that learns; on standardized observations and scaled rewards, where the settings ask for them. */
  readonly unwrapped: A;
  /** The same agent on raw observations and rewards. */
  readonly agent: OffPolicyAgent | OnPolicyAgent;
  readonly observationNormalizer: ObservationNormalizer | undefined;
  readonly rewardScaler: RewardScaler | undefined;
}

/** The settings that an agent is made by. */
type AgentSettings = Pick<
  ResolvedTrain,
  | 'env'
  | 'maxSteps'
  | 'python'
  | 'actionBound'
  | 'simulatorDevice'
  | 'seed'
  | 'threads'
  | 'learnerThreads'
  | 'pipeline'
  | 'engine'
  | 'agent'
  | 'numEnvs'
  | 'normalizeObservations'
  | 'scaleRewards'
>;

/** Makes the agent of a run, with the parameters that training starts from. */
export const createRunAgent = (settings: AgentSettings & Pick<ResolvedTrain, 'algo'>): Promise<RunAgent> =>
  runAgentOf(algorithmNamed(settings.algo), settings);

/** {@link createRunAgent} for who needs what only the agents of that algorithm have. */
export async function runAgentOf<A extends TrainableAgent>(
  algorithm: Algorithm<CommonSettings, A>,
  settings: AgentSettings,
): Promise<RunAgent<A>> {
  const { observationSpace, actionSpace } = await spacesOf(settings);
  const { size } = observationSpace;
  const unwrapped = await algorithm.create({
    runtime: await loadEngine(settings.engine, { threads: settings.threads }),
    observationSize: size,
    actionSize: actionSpace.size,
    seed: seedFor('agent', settings.seed),
    config: settings.agent,
    ...(settings.learnerThreads > 0 && {
      updates: threadedUpdates({ threads: settings.learnerThreads, background: settings.pipeline }),
    }),
  });
  const observations = settings.normalizeObservations ? observationNormalizer({ size }) : undefined;
  const rewards = settings.scaleRewards
    ? rewardScaler({ numEnvs: settings.numEnvs, gamma: settings.agent.gamma })
    : undefined;
  return {
    unwrapped,
    agent: normalized(unwrapped, { observations, rewards }),
    observationNormalizer: observations,
    rewardScaler: rewards,
  };
}

/** Whether an agent learns from rollouts. */
export const isOnPolicy = (agent: OffPolicyAgent | OnPolicyAgent): agent is OnPolicyAgent =>
  'explore' in agent;

function normalized(
  agent: TrainableAgent,
  {
    observations,
    rewards,
  }: {
    readonly observations: ObservationNormalizer | undefined;
    readonly rewards: RewardScaler | undefined;
  },
): OffPolicyAgent | OnPolicyAgent {
  if (!observations && !rewards) return agent;
  const by = { ...(observations && { observations }), ...(rewards && { rewards }) };
  return isOnPolicy(agent) ? normalizedOnPolicyAgent(agent, by) : normalizedAgent(agent, by);
}

/** Makes the parameters that the settings ask for the ones that act: the last ones, or the target's average. */
export function adoptPolicy(
  { unwrapped }: RunAgent,
  { policy, algo }: Pick<ResolvedTrain, 'policy' | 'algo'>,
): void {
  if (policy === 'averaged') algorithmNamed(algo).adoptAverage?.(unwrapped);
}

/** Does something with the parameters that the settings ask for, and has those that are trained act again. */
export async function withAdoptedPolicy(
  runAgent: RunAgent,
  settings: Pick<ResolvedTrain, 'policy' | 'algo'>,
  work: () => Promise<void>,
): Promise<void> {
  if (settings.policy === 'last') return work();
  const trained = runAgent.unwrapped.state();
  adoptPolicy(runAgent, settings);
  try {
    await work();
  } finally {
    runAgent.unwrapped.restore(trained);
  }
}
