import type { TransitionBatch } from '@meow-rl/replay';

import type { LearningAgent } from '../contracts/learning-agent.ts';
import type { OffPolicyAgent } from '../contracts/off-policy-agent.ts';
import type { ObservationNormalizer } from './observation-normalizer.ts';
import type { RewardScaler } from './reward-scaler.ts';

/** What {@link normalizedAgent} puts before an agent. */
export interface NormalizedAgentOptions {
  readonly observations?: ObservationNormalizer;
  readonly rewards?: RewardScaler;
}

/**
 * An agent that takes raw observations and rewards and hands them on normalized, when acting and when learning, each
 * time by the present statistics. Replay buffer, loop and evaluation see raw numbers only.
 *
 * The statistics grow through `observe`, which training loops call with what they collect; acting and evaluating leave
 * them as they are. Give `scaling()` of the normalizer to the export, so that the policy takes raw observations too.
 *
 * @throws RangeError if the normalizer is of another size than the agent
 */
export function normalizedAgent(
  agent: OffPolicyAgent,
  { observations: normalizer, rewards: scaler }: NormalizedAgentOptions,
): OffPolicyAgent & Required<Pick<OffPolicyAgent, 'observe'>> {
  checkNormalizerSize(agent, normalizer);
  const { algorithm, observationSize, actionSize, batchSize, gamma, replayed, withoutMode } = agent;
  const normalize = (rows: Float32Array) => (normalizer ? normalizer.normalize(rows) : rows);
  return {
    algorithm,
    observationSize,
    actionSize,
    ...(batchSize !== undefined && { batchSize }),
    ...(gamma !== undefined && { gamma }),
    ...(withoutMode !== undefined && { withoutMode }),
    act: (observations, options) => agent.act(normalize(observations), options),
    update: (batch: TransitionBatch) =>
      agent.update({
        ...batch,
        observations: normalize(batch.observations),
        nextObservations: normalize(batch.nextObservations),
        rewards: scaler ? scaler.scale(batch.rewards) : batch.rewards,
      }),
    observe(collected) {
      const { transitions, rows, done } = collected;
      normalizer?.observe(transitions.observations);
      scaler?.observe(transitions.rewards, rows, done);
      const { lost } = collected;
      if (lost) scaler?.observe(lost.rewards, lost.rows, new Uint8Array(lost.rows.length).fill(1));
      agent.observe?.(collected);
    },
    ...(agent.actsDuringUpdate === undefined ? {} : { actsDuringUpdate: agent.actsDuringUpdate }),
    ...(replayed && {
      replayed: { ...replayed, explore: (observations) => replayed.explore(normalize(observations)) },
    }),
    ...(agent.warnings && { warnings: agent.warnings }),
    ...(agent.tdErrors && { tdErrors: () => agent.tdErrors?.() ?? new Float32Array(0) }),
    dispose: () => agent.dispose(),
  };
}

/** @throws RangeError if the normalizer is of another size than the agent */
export function checkNormalizerSize(
  { algorithm, observationSize }: LearningAgent,
  normalizer: ObservationNormalizer | undefined,
): void {
  if (!normalizer || normalizer.size === observationSize) return;
  throw new RangeError(
    `normalizedAgent: the normalizer is for ${normalizer.size} entries, expected ${observationSize} as in the ` +
      `${algorithm} agent. Make it with size: agent.observationSize.`,
  );
}
