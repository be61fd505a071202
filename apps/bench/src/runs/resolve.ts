import path from 'node:path';

import { whyUnavailable } from '@meow-rl/onnxruntime-fused';
import { GENERAL_PRESET, MEOW_PRESETS, PRESET_OF_ENVIRONMENT, resolveMeowConfig } from '@meow-rl/meow';
import type { MeowConfig, MeowPreset } from '@meow-rl/meow';

import type { TrainConfig } from './config.ts';
import { identifyEnvironment, type IdentifiedEnvironment } from '../environments/environments.ts';
import { reasonOf, UsageError } from '../cli/errors.ts';
import { unknownName } from '../cli/unknown-name.ts';

/** A training run with every setting given. */
export type ResolvedTrain = Required<Omit<TrainConfig, 'out' | 'preset' | 'agent' | 'logger' | 'maxSteps'>> &
  Pick<TrainConfig, 'logger'> &
  Pick<IdentifiedEnvironment, 'environment' | 'maxSteps'> & {
    readonly preset: string;
    readonly agent: MeowConfig;
  };

function presetOf(name: string): MeowPreset {
  const known: Readonly<Record<string, MeowPreset>> = MEOW_PRESETS;
  const preset = Object.hasOwn(known, name) ? known[name] : undefined;
  if (!preset) throw unknownName('preset', name, Object.keys(known));
  return preset;
}

/**
 * Fills in what the command line left out, from the preset.
 *
 * @throws UsageError for an unknown environment or preset, or settings that contradict each other
 */
export async function resolveTrain(config: TrainConfig): Promise<ResolvedTrain> {
  const { out: _folder, logger, ...given } = config;
  const settings = {
    ...given,
    ...(await identifyEnvironment(config)),
    // The run may be gone on with from another folder.
    ...(logger !== undefined && { logger: path.resolve(logger) }),
  };
  const name = config.preset ?? PRESET_OF_ENVIRONMENT[config.env] ?? GENERAL_PRESET;
  const { agent: presetAgent, ...preset } = presetOf(name);
  let agent: MeowConfig;
  try {
    agent = resolveMeowConfig({ ...presetAgent, ...config.agent });
  } catch (error) {
    throw new UsageError(reasonOf(error).replace(/^meow: /, ''), 'Change it in the flags or the file.', {
      cause: error,
    });
  }
  const { evaluateEvery } = { ...preset, ...settings };
  const resolved = { checkpointEvery: evaluateEvery, ...preset, ...settings, preset: name, agent };
  if (resolved.warmup >= resolved.steps)
    throw new UsageError(
      `warmup ${resolved.warmup} leaves nothing to learn in ${resolved.steps} steps`,
      `Give more than ${resolved.warmup} steps.`,
    );
  if (resolved.pipeline && resolved.learnerThreads === 0)
    throw new UsageError(
      'pipeline needs updates in threads of their own',
      'Add --learner-threads 1, or more, or leave --pipeline out.',
    );
  const problem = resolved.fused ? whyUnavailable() : undefined;
  if (problem !== undefined)
    throw new UsageError(`the fused engine can't be used: ${problem}`, 'Leave --fused out.');
  if (resolved.learnerThreads > agent.batchSize)
    throw new UsageError(
      `${resolved.learnerThreads} learner threads can't share a batch of ${agent.batchSize}`,
      'Give as many as there are cores.',
    );
  return resolved;
}
