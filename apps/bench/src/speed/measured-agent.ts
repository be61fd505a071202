import { ppo, sac, sql, td3 } from '@meow-rl/baselines';
import { createAgent, resolveAlgorithm, resolveOnPolicyAlgorithm } from '@meow-rl/learner';
import type { Algorithm, AlgorithmDefinition, OnPolicyDefinition } from '@meow-rl/learner';
import { threadedUpdates } from '@meow-rl/learner/node';
import { meow } from '@meow-rl/meow';

import { loadEngine } from '../runs/engines.ts';
import type { EngineName } from '../runs/train-settings.ts';
import type { MeasuredAlgorithm } from './peers.ts';

/** What is measured: an algorithm with its default networks, and how it is run. */
export interface Measured {
  readonly algorithm: MeasuredAlgorithm;
  readonly observationSize: number;
  readonly actionSize: number;
  readonly batchSize: number;
  readonly threads: number;
  readonly seed: number;
  readonly engine: EngineName;
}

/**
 * How this project's agent uses its threads: inside operators, or as workers that share each batch, of which the calling thread
 * is one unless they work in the background.
 */
export type Sharing = 'operators' | 'workers' | 'background';

/** The definitions of the algorithms that are measured. */
export const DEFINITIONS: Readonly<Record<MeasuredAlgorithm, AlgorithmDefinition | OnPolicyDefinition>> = {
  meow,
  sac,
  td3,
  sql,
  ppo,
};

/** Whether an algorithm learns from rollouts. */
export const learnsFromRollouts = (
  definition: AlgorithmDefinition | OnPolicyDefinition,
): definition is OnPolicyDefinition => 'learning' in definition;

/** A network that is measured, whatever computes it. */
export type MeasuredNetwork = Pick<
  Measured,
  'algorithm' | 'observationSize' | 'actionSize' | 'batchSize' | 'seed'
>;

/** A measured algorithm with its default settings but for the batch's size. */
export function resolveMeasured({
  algorithm,
  batchSize,
  observationSize,
  actionSize,
}: MeasuredNetwork): Algorithm {
  const sizes = { observationSize, actionSize };
  const definition = DEFINITIONS[algorithm];
  return learnsFromRollouts(definition)
    ? resolveOnPolicyAlgorithm(definition, sizes, { batchSize })
    : resolveAlgorithm(definition, sizes, { batchSize });
}

/**
 * An agent of the measured algorithm with its default settings.
 *
 * @throws TypeError for an algorithm that learns from rollouts
 */
export async function createMeasuredAgent(
  { algorithm, observationSize, actionSize, batchSize, threads, seed, engine }: Measured,
  sharing: Sharing = 'operators',
) {
  const definition = DEFINITIONS[algorithm];
  if (learnsFromRollouts(definition)) throw new TypeError(`${algorithm} learns from rollouts.`);
  return createAgent(definition, {
    runtime: await loadEngine(engine, { threads: sharing === 'operators' ? threads : 1 }),
    ...(sharing !== 'operators' && {
      updates: threadedUpdates({ threads, background: sharing === 'background' }),
    }),
    observationSize,
    actionSize,
    seed,
    config: { batchSize },
  });
}
