import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { threadedUpdates } from '@meow-rl/learner/node';
import { createMeowAgent } from '@meow-rl/meow';
import type { MeowAgent } from '@meow-rl/meow';

import { onnxRuntimeFused } from '@meow-rl/onnxruntime-fused';
import { normalizedAgent, observationNormalizer, rewardScaler, seedFor } from '@meow-rl/train';
import type { OffPolicyAgent, ObservationNormalizer, RewardScaler } from '@meow-rl/train';

import { spacesOf } from '../environments/environments.ts';
import type { ResolvedTrain } from './resolve.ts';

/** The agent of a run. */
export interface RunAgent {
  /** The agent that learns; on standardized observations and scaled rewards, where the settings ask for them. */
  readonly meow: MeowAgent;
  /** The same agent on raw observations and rewards. */
  readonly agent: OffPolicyAgent;
  readonly observationNormalizer: ObservationNormalizer | undefined;
  readonly rewardScaler: RewardScaler | undefined;
}

/** Makes the agent of a run, with the parameters that training starts from. */
export async function createRunAgent(
  settings: Pick<
    ResolvedTrain,
    | 'env'
    | 'maxSteps'
    | 'seed'
    | 'threads'
    | 'learnerThreads'
    | 'pipeline'
    | 'fused'
    | 'agent'
    | 'numEnvs'
    | 'normalizeObservations'
    | 'scaleRewards'
  >,
): Promise<RunAgent> {
  const { observationSpace, actionSpace } = await spacesOf(settings);
  const size = observationSpace.size;
  const meow = await createMeowAgent({
    runtime: (settings.fused ? onnxRuntimeFused : onnxRuntimeNode)({ threads: settings.threads }),
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
  const agent =
    observations || rewards
      ? normalizedAgent(meow, { ...(observations && { observations }), ...(rewards && { rewards }) })
      : meow;
  return { meow, agent, observationNormalizer: observations, rewardScaler: rewards };
}

/** Makes the parameters that the settings ask for the ones that act: the last ones, or the target's average. */
export function adoptPolicy({ meow }: RunAgent, { policy }: Pick<ResolvedTrain, 'policy'>): void {
  if (policy === 'averaged') meow.loadParameters(meow.targetParameters());
}
