import path from 'node:path';

import { whyUnavailable } from '@meow-rl/onnxruntime-fused';

import type { AgentConfig, Algorithm, Preset } from '../algorithms/algorithm.ts';
import { resolveAgentConfig } from '../algorithms/agent-settings.ts';
import { algorithmNamed } from '../algorithms/index.ts';
import type { TrainConfig } from './train-settings.ts';
import { identifyEnvironment, taskOf, type IdentifiedEnvironment } from '../environments/environments.ts';
import { reasonOf, UsageError } from '../cli/errors.ts';
import { unknownName } from '../cli/unknown-name.ts';

/** A training run with every setting given. */
export type ResolvedTrain = Required<
  Omit<TrainConfig, 'out' | 'preset' | 'agent' | 'logger' | 'maxSteps' | 'python'>
> &
  Pick<TrainConfig, 'logger' | 'python'> &
  Pick<IdentifiedEnvironment, 'environment' | 'maxSteps'> & {
    readonly preset: string;
    readonly agent: AgentConfig;
  };

function presetNamed(name: string, { presets }: Algorithm): Preset {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (!preset) throw unknownName('preset', name, Object.keys(presets));
  return preset;
}

/**
 * The settings of an agent, those that nobody gave from the preset.
 *
 * @throws UsageError for settings that contradict each other
 */
function resolveAgent(algorithm: Algorithm, preset: Preset, given: TrainConfig['agent']): AgentConfig {
  try {
    return resolveAgentConfig(algorithm, { ...preset.agent, ...given });
  } catch (error) {
    const reason = reasonOf(error).replace(`${algorithm.name}: `, '');
    throw new UsageError(reason, 'Change it in the flags or the file.', { cause: error });
  }
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
  const algorithm = algorithmNamed(config.algo);
  const name = config.preset ?? algorithm.presetOfEnvironment[taskOf(settings)] ?? algorithm.generalPreset;
  const preset = presetNamed(name, algorithm);
  const agent = resolveAgent(algorithm, preset, config.agent);
  const { agent: _resolved, ...loop } = preset;
  const { evaluateEvery } = { ...loop, ...settings };
  const resolved = {
    checkpointEvery: evaluateEvery,
    normalizeObservations: false,
    scaleRewards: false,
    ...loop,
    ...settings,
    preset: name,
    agent,
  };
  if (resolved.warmup >= resolved.steps)
    throw new UsageError(
      `warmup ${resolved.warmup} leaves nothing to learn in ${resolved.steps} steps`,
      `Give more than ${resolved.warmup} steps.`,
    );
  if (resolved.policy === 'averaged' && !algorithm.adoptAverage)
    throw new UsageError(
      `${algorithm.name} has no averaged policy: none of its targets follows the policy`,
      'Take the parameters of the last update with --policy last.',
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
      `Give at most ${agent.batchSize}, and no more than there are cores.`,
    );
  return resolved;
}
