import { exportAgent } from '@meow-rl/export/node';
import type { ExportedFile, ExportOptions } from '@meow-rl/export/node';

import { inFolder } from '../files/in-folder.ts';
import { spacesOf } from '../environments/environments.ts';
import type { ResolvedTrain } from '../runs/resolve.ts';
import type { RunAgent } from '../runs/run-agent.ts';
import { versions } from '../cli/versions.ts';

export interface PolicyExportOptions extends Pick<ExportOptions, 'precision' | 'measure'> {
  /** What the policy was trained in. */
  readonly settings: Pick<
    ResolvedTrain,
    'env' | 'environment' | 'python' | 'actionBound' | 'simulatorDevice'
  >;
  readonly trainingSteps: number;
  readonly observations?: number;
  readonly seed?: number;
  /** [n, obs] observations that the agent has met, to verify the files on; undefined for random ones. */
  readonly probes: Float32Array | undefined;
}

/**
 * Writes an agent's ONNX files, in the environment's units, each verified before it is kept.
 *
 * @throws FolderInUseError if another process writes to the folder
 */
export async function exportRunAgent(
  { unwrapped, agent, observationNormalizer }: RunAgent,
  folder: string,
  { settings, trainingSteps, probes, ...verify }: PolicyExportOptions,
): Promise<ExportedFile[]> {
  const { observationSpace, actionSpace } = await spacesOf(settings);
  return inFolder(folder, () =>
    exportAgent(
      agent,
      {
        ...unwrapped.deployment(),
        ...(observationNormalizer && { normalizer: observationNormalizer.scaling() }),
      },
      folder,
      {
        algorithm: agent.algorithm,
        environment: settings.environment,
        observationSpace,
        actionSpace,
        trainingSteps,
        versions: { ...versions() },
      },
      { ...verify, ...(probes && { probes }) },
    ),
  );
}

const INPUTS = {
  policy: 'observation → deterministic ',
  stochastic: 'observation, noise → sampled ',
  critic: 'observation, action → ',
} as const satisfies Record<ExportedFile['kind'], string>;

/** What a file computes. */
export const contentsOf = ({ kind, outputs }: Pick<ExportedFile, 'kind' | 'outputs'>): string =>
  `${INPUTS[kind]}${outputs.join(', ')}`;
