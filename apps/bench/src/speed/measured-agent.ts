import type { Runtime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { ppo, sac, sql, td3 } from '@meow-rl/baselines';
import { createAgent, resolveAlgorithm, resolveOnPolicyAlgorithm } from '@meow-rl/learner';
import type { Algorithm, AlgorithmDefinition, OnPolicyDefinition } from '@meow-rl/learner';
import { threadedUpdates } from '@meow-rl/learner/node';
import { meow } from '@meow-rl/meow';
import { onnxRuntimeFused, whyUnavailable } from '@meow-rl/onnxruntime-fused';
import type { OnnxRuntimeFusedOptions } from '@meow-rl/onnxruntime-fused';

import type { MeasuredAlgorithm } from './peers.ts';

/** What is measured: an algorithm with its default networks, and how it is run. */
export interface Measured {
  readonly algorithm: MeasuredAlgorithm;
  readonly observationSize: number;
  readonly actionSize: number;
  readonly batchSize: number;
  readonly threads: number;
  readonly seed: number;
}

/**
 * How this project's agent uses its threads: inside operators, or as workers that share each batch, of which the calling thread
 * is one unless they work in the background.
 */
export type Sharing = 'operators' | 'workers' | 'background';

/** Whether what is measured runs on the fused engine: wherever it is compiled. */
export const isFused = (): boolean => whyUnavailable() === undefined;

/** The engine that is measured. */
export const measuredRuntime = (options: OnnxRuntimeFusedOptions, fused = isFused()): Runtime =>
  (fused ? onnxRuntimeFused : onnxRuntimeNode)(options);

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

/** A measured algorithm with its default settings but for the batch's size. */
export function resolveMeasured({ algorithm, batchSize, ...sizes }: Measured): Algorithm {
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
  { algorithm, observationSize, actionSize, batchSize, threads, seed }: Measured,
  sharing: Sharing = 'operators',
  fused?: boolean,
) {
  const definition = DEFINITIONS[algorithm];
  if (learnsFromRollouts(definition)) throw new TypeError(`${algorithm} learns from rollouts.`);
  return createAgent(definition, {
    runtime: measuredRuntime({ threads: sharing === 'operators' ? threads : 1 }, fused),
    ...(sharing !== 'operators' && {
      updates: threadedUpdates({ threads, background: sharing === 'background' }),
    }),
    observationSize,
    actionSize,
    seed,
    config: { batchSize },
  });
}
