import { makeEnv } from '@meow-rl/envs';
import { exportAgent } from '@meow-rl/export/node';
import type { ExportedFile } from '@meow-rl/export/node';
import type { MeowAgent } from '@meow-rl/meow';

import { versions } from './versions.ts';

export interface PolicyExportOptions {
  readonly environment: string;
  readonly trainingSteps: number;
  readonly observations?: number;
  readonly seed?: number;
}

/** Writes an agent's ONNX files, in the environment's units, each verified before it is kept. */
export function exportRunAgent(
  agent: MeowAgent,
  folder: string,
  { environment, trainingSteps, ...verify }: PolicyExportOptions,
): Promise<ExportedFile[]> {
  const { observationSpace, actionSpace } = makeEnv(environment);
  return exportAgent(
    agent,
    agent.deployment(),
    folder,
    {
      algorithm: agent.algorithm,
      environment,
      observationSpace,
      actionSpace,
      trainingSteps,
      versions: { ...versions() },
    },
    verify,
  );
}

/** What each exported file is for. */
export const FILE_DESCRIPTIONS = {
  policy: 'observation → deterministic action',
  stochastic: 'observation, noise → sampled action, log_prob',
  critic: 'observation, action → q1, q2, value',
} as const satisfies Record<ExportedFile['kind'], string>;
