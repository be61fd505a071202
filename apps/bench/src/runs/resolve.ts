import { availableParallelism } from 'node:os';
import path from 'node:path';

import { resolveConfig } from '@meow-rl/learner/settings';

import type { AgentConfig, Algorithm, Preset } from '../algorithms/algorithm.ts';
import { algorithmNamed } from '../algorithms/index.ts';
import { presetNamed, usualPreset } from '../algorithms/presets.ts';
import type { EngineName, TrainConfig } from './train-settings.ts';
import { checkEvaluationEnv } from '../environments/bridge-evaluation.ts';
import { identifyEnvironment, type IdentifiedEnvironment } from '../environments/environments.ts';
import { counted } from '../cli/counted.ts';
import { reasonOf, UsageError } from '../cli/errors.ts';
import { chooseEngine, ENGINES_OF_THREADS } from './engines.ts';
import { chooseParallelism } from './parallelism.ts';

/** Settings of runs that learn from a replay buffer, and of no others. */
export type ReplaySettings = Required<Pick<TrainConfig, 'warmup' | 'updatesPerStep' | 'bufferSize'>>;

/** Settings of a simulator in Python that a server is started for. */
type SimulatorSetting = 'python' | 'evaluationEnv' | 'actionBound' | 'simulatorDevice';

/** A training run with every setting given; those of {@link ReplaySettings} where it learns from a replay buffer. */
export type ResolvedTrain = Required<
  Omit<
    TrainConfig,
    'out' | 'preset' | 'agent' | 'engine' | 'logger' | 'maxSteps' | SimulatorSetting | keyof ReplaySettings
  >
> &
  Pick<TrainConfig, 'logger' | SimulatorSetting | keyof ReplaySettings> &
  Pick<IdentifiedEnvironment, 'environment' | 'maxSteps'> & {
    readonly preset: string;
    readonly engine: EngineName;
    readonly agent: AgentConfig;
  };

/** Steps of each environment between lines of `metrics.jsonl`: a line for each step of many environments would fill disks. */
const LOG_EVERY = 100;

/**
 * The settings of an agent, those that nobody gave from the preset.
 *
 * @throws UsageError for settings that contradict each other
 */
function resolveAgent(algorithm: Algorithm, preset: Preset, given: TrainConfig['agent']): AgentConfig {
  try {
    return resolveConfig(algorithm, { ...preset.agent, ...given });
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
  checkEvaluationEnv(config);
  const settings = {
    ...given,
    ...(await identifyEnvironment(config)),
    // The run may be gone on with from another folder.
    ...(logger !== undefined && { logger: path.resolve(logger) }),
  };
  const algorithm = algorithmNamed(config.algo);
  const name = config.preset ?? usualPreset(algorithm, settings.environment);
  const preset = presetNamed(name, algorithm);
  const agent = resolveAgent(algorithm, preset, config.agent);
  const { agent: _resolved, ...loop } = preset;
  const { evaluateEvery, numEnvs } = { ...loop, ...settings };
  const { engine } = chooseEngine(config.engine);
  const chosen = {
    checkpointEvery: evaluateEvery,
    logEvery: LOG_EVERY * numEnvs,
    normalizeObservations: false,
    scaleRewards: false,
    ...loop,
    ...settings,
    preset: name,
    engine,
    agent,
  };
  const resolved = {
    ...chosen,
    ...chooseParallelism({
      ...chosen,
      batchSize: agent.batchSize,
      isOnPolicy: algorithm.rolloutSteps !== undefined,
      cores: availableParallelism(),
    }),
  };
  checkBuffer(algorithm, resolved);
  if (resolved.policy === 'averaged' && !algorithm.adoptAverage)
    throw new UsageError(
      `${algorithm.name} has no averaged policy: none of its targets follows the policy`,
      'Take the parameters of the last update with --policy last.',
    );
  if (resolved.pipeline && resolved.learnerThreads === 0)
    throw new UsageError(
      'pipeline needs updates in threads of their own',
      'Add --learner-threads 1, or more, or --parallel auto, or leave --pipeline out.',
    );
  if (resolved.learnerThreads > 0 && !ENGINES_OF_THREADS.has(resolved.engine))
    throw new UsageError(
      `learner threads can't compute on ${resolved.engine}`,
      `Leave --learner-threads out, or train with --engine ${[...ENGINES_OF_THREADS].join(' or ')}.`,
    );
  if (resolved.learnerThreads > agent.batchSize)
    throw new UsageError(
      `${resolved.learnerThreads} learner threads can't share a batch of ${agent.batchSize}`,
      `Give at most ${agent.batchSize}, and no more than there are cores.`,
    );
  return resolved;
}

/** Throws for settings of replay where an algorithm learns from rollouts, and for rollouts that can't be cut into minibatches. */
function checkBuffer(algorithm: Algorithm, settings: ResolvedTrain): void {
  const { name, rolloutSteps } = algorithm;
  if (!rolloutSteps) {
    checkUpdates(algorithm, settings);
    return;
  }
  const { nStep, prioritized, observationStorage, learnerThreads, pipeline } = settings;
  const { warmup, updatesPerStep, bufferSize } = settings;
  const ofReplay = {
    ...(nStep !== 1 && { nStep }),
    ...(prioritized && { prioritized }),
    ...(observationStorage !== 'float32' && { observationStorage }),
    ...(learnerThreads !== 0 && { learnerThreads }),
    ...(pipeline && { pipeline }),
    ...(warmup !== undefined && { warmup }),
    ...(updatesPerStep !== undefined && { updatesPerStep }),
    ...(bufferSize !== undefined && { bufferSize }),
  };
  const [given] = Object.entries(ofReplay);
  if (given)
    throw new UsageError(
      `${given[0]} ${given[1]} is for algorithms that learn from a replay buffer, and ${name} learns from rollouts of its policy`,
      'Leave it out, or train with another --algo.',
    );
  const { agent, numEnvs, steps } = settings;
  const ofEach = rolloutSteps(agent);
  const transitions = ofEach * numEnvs;
  if (transitions % agent.batchSize !== 0)
    throw new UsageError(
      `${ofEach} steps of ${counted(numEnvs, 'environment')} make ${transitions} transitions, which is no multiple of batchSize ${agent.batchSize}`,
      'Change rolloutSteps, numEnvs or batchSize.',
    );
  if (steps < transitions)
    throw new UsageError(
      `${steps} steps are less than a rollout, ${ofEach} steps of ${counted(numEnvs, 'environment')}: nothing would be learned`,
      `Give at least ${transitions} steps, or shorter rollouts with --rollout-steps.`,
    );
}

/** Throws for runs in which something is trained by no update. */
function checkUpdates({ policyEvery }: Algorithm, settings: ResolvedTrain): void {
  const { steps, numEnvs, agent, nStep } = settings;
  const { warmup, updatesPerStep, bufferSize } = replaySettings(settings);
  if (bufferSize < agent.batchSize)
    throw new UsageError(
      `bufferSize ${bufferSize} is less than a batch, ${agent.batchSize} transitions: each would be learned from several times at once`,
      `Give a bufferSize of at least ${agent.batchSize}, or a smaller batchSize.`,
    );
  if (bufferSize < nStep * numEnvs)
    throw new UsageError(
      `bufferSize ${bufferSize} has no room for ${nStep} steps of ${numEnvs} environments, which nStep ${nStep} sums up`,
      `Give a bufferSize of at least ${nStep * numEnvs}, or a smaller nStep.`,
    );
  if (warmup >= steps)
    throw new UsageError(
      `warmup ${warmup} leaves nothing to learn in ${steps} steps`,
      `Give more than ${warmup} steps.`,
    );
  // The last steps are those of all environments; the count is the loop's.
  const made = Math.floor((Math.ceil(steps / numEnvs) * numEnvs - warmup) * updatesPerStep + 1e-9);
  if (made < 1)
    throw new UsageError(
      `warmup ${warmup} and updatesPerStep ${updatesPerStep} make no update in ${steps} steps`,
      'Give more steps, or more updates per step.',
    );
  const every: unknown = policyEvery === undefined ? 1 : Reflect.get(agent, policyEvery);
  if (typeof every === 'number' && every > made)
    throw new UsageError(
      `${policyEvery} ${every} leaves the policy untrained in ${made} updates, ${steps} steps of which ${warmup} are warm-up`,
      `Give a ${policyEvery} of at most ${made}, or more steps.`,
    );
}

/** The settings of a run that learns from a replay buffer. */
export function replaySettings({ algo, warmup, updatesPerStep, bufferSize }: ResolvedTrain): ReplaySettings {
  if (warmup === undefined || updatesPerStep === undefined || bufferSize === undefined)
    throw new UsageError(
      `${algo} learns from a replay buffer, and its preset lacks warmup, updatesPerStep or bufferSize`,
      'Give them, or correct the preset.',
    );
  return { warmup, updatesPerStep, bufferSize };
}
