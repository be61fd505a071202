import type { Runtime } from '@meow-rl/graph';
import { onnxRuntimeNode } from '@meow-rl/graph/onnxruntime-node';
import { sac, sql, td3 } from '@meow-rl/baselines';
import { createAgent } from '@meow-rl/learner';
import type { AlgorithmDefinition } from '@meow-rl/learner';
import { threadedUpdates } from '@meow-rl/learner/node';
import { meow } from '@meow-rl/meow';
import { onnxRuntimeFused, whyUnavailable } from '@meow-rl/onnxruntime-fused';
import type { OnnxRuntimeFusedOptions } from '@meow-rl/onnxruntime-fused';
import { createGenerator } from '@meow-rl/random';
import { emptyBatch } from '@meow-rl/replay';
import type { TransitionBatch } from '@meow-rl/replay';

import type { Contestant } from './contestant.ts';
import type { MeasuredAlgorithm } from './peers.ts';
import { durations } from './statistics.ts';

/** What is measured: an algorithm with its default networks, and how it is run. */
export interface Measured {
  readonly algorithm: MeasuredAlgorithm;
  readonly observationSize: number;
  readonly actionSize: number;
  readonly batchSize: number;
  readonly threads: number;
  readonly seed: number;
}

/** A batch of random transitions, none of them terminal. */
export function randomBatch({ observationSize, actionSize, batchSize, seed }: Measured): TransitionBatch {
  const random = createGenerator(seed);
  const batch = emptyBatch(batchSize, { observationSize, actionSize });
  random.fillNormal(batch.observations);
  random.fillUniform(batch.actions, -0.98, 0.98);
  random.fillNormal(batch.rewards);
  random.fillNormal(batch.nextObservations);
  batch.discounts.fill(0.99);
  return batch;
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
export const DEFINITIONS: Readonly<Record<MeasuredAlgorithm, AlgorithmDefinition>> = { meow, sac, td3, sql };

/** An agent that is measured. */
export type MeasuredAgent = Awaited<ReturnType<typeof createMeasuredAgent>>;

/** An agent of the measured algorithm with its default settings. */
export async function createMeasuredAgent(
  { algorithm, observationSize, actionSize, batchSize, threads, seed }: Measured,
  sharing: Sharing = 'operators',
  fused?: boolean,
) {
  return createAgent(DEFINITIONS[algorithm], {
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

/** This project's agent as a contestant. Closing it disposes of the agent. */
export async function agentContestant(
  measured: Measured,
  {
    name = 'meow-rl',
    sharing,
    fused,
  }: { readonly name?: string; readonly sharing?: Sharing; readonly fused?: boolean } = {},
): Promise<Contestant & { readonly agent: MeasuredAgent }> {
  const agent = await createMeasuredAgent(measured, sharing, fused);
  const batch = randomBatch(measured);
  const random = createGenerator(measured.seed);
  return {
    name,
    agent,
    update: (runs) => durations(runs, () => agent.update(batch)),
    act: (runs, rows) => {
      const observations = new Float32Array(rows * measured.observationSize);
      random.fillNormal(observations);
      return durations(runs, () => agent.act(observations, { deterministic: false }));
    },
    close: () => agent.dispose(),
  };
}
