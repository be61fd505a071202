import { agentSettings, agentSettingsFor } from '../algorithms/agent-settings.ts';
import { algorithmNamed, DEFAULT_ALGORITHM } from '../algorithms/index.ts';
import { parseSettings, type RawConfig } from '../cli/config-file.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';

const { fromPreset } = is;

/** What a run may compute on. */
export const ENGINES = [
  'fused',
  'onnxruntime',
  'tfjs-node-gpu',
  'tfjs-node',
  'tfjs-wasm',
  'tfjs-cpu',
] as const;
export type EngineName = (typeof ENGINES)[number];
/** What may be asked for. */
export const ENGINE_CHOICES = ['auto', ...ENGINES] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** Whether a run uses several cores, of commands that train. */
export const parallelSetting = is.oneOf(
  ['auto', 'off'],
  'auto uses the cores that there are; off trains on one thread, but for those that are asked for',
  { default: 'auto' },
);

/** What computes, of commands that train. */
export const engineSetting = is.oneOf(
  ENGINE_CHOICES,
  'what computes: auto is the fused engine where it can be loaded, else onnxruntime',
  { default: ENGINE_CHOICES[0] },
);

/**
 * The settings of a training run, those of its agent by the default algorithm. What has no default here and is left out comes
 * from the preset.
 */
export const trainSettings = is.defineSettings({
  algo: is.word('algorithm', { default: DEFAULT_ALGORITHM }),
  env: is.word(
    'environment; a module that makes one: ./my-env.ts#makeEnv or my-package#makeEnv; or a simulator in Python: gym:Ant-v5, isaac:Isaac-Ant-Direct, see docs/isaac.md',
    { default: 'MultiGoal-v0' },
  ),
  python: is.word('Python that has the simulator', {
    placeholder: 'file',
    absent: 'MEOW_PYTHON, .venv in the working directory, or python3',
  }),
  actionBound: is.positiveNumber('actions of a simulator in Python that has no bounds lie in [-x, x]', {
    absent: "1, for Franka's drawer 3; of other tasks an error",
  }),
  simulatorDevice: is.word('device of Isaac Lab: cpu, cuda:0', { absent: 'a GPU where there is one' }),
  spreadEpisodes: is.toggle(
    'begin first episodes of a simulator in Python as if some of their steps were over, so that they end one after the other',
  ),
  maxSteps: is.positiveInteger('steps after which an episode is truncated', {
    absent: "the environment's own limit; 1000 where a module, or an environment of Gymnasium, gives none",
  }),
  preset: is.word('named settings to start from', { absent: 'those of the environment' }),
  seed: is.wholeNumber('seed of everything random', { default: 0 }),
  steps: is.positiveInteger('environment steps to train for', fromPreset),
  out: is.word('folder of the run', {
    placeholder: 'folder',
    absent: 'runs/<environment>/<algo>/seed-<seed>',
  }),
  warmup: is.wholeNumber('steps with random actions before the first update', fromPreset),
  updatesPerStep: is.positiveNumber('updates per environment step, may be a fraction', fromPreset),
  numEnvs: is.positiveInteger('environments stepped together', fromPreset),
  bufferSize: is.positiveInteger('transitions that the replay buffer holds', fromPreset),
  evaluateEvery: is.positiveInteger('steps between evaluations', fromPreset),
  policy: is.oneOf(
    ['last', 'averaged'],
    'parameters that become the policy: of the last update, or their Polyak average (the target)',
    fromPreset,
  ),
  evaluationEpisodes: is.positiveInteger('episodes per evaluation', { default: 10 }),
  evaluationEnv: is.word(
    'simulator in Python that evaluations play in, where env is one: bridge:ws://host:port',
    {
      absent: 'that of env, in a process of its own',
    },
  ),
  deterministicOnly: is.toggle('evaluate without the second round of episodes, which samples its actions'),
  checkpointEvery: is.positiveInteger('steps between checkpoints', { absent: 'as evaluate-every' }),
  keepCheckpoints: is.positiveInteger('newest checkpoints to keep, beside the best', { default: 3 }),
  workers: is.wholeNumber('threads that step the environments, 0 for none', { absent: 'by parallel' }),
  nStep: is.positiveInteger('steps that a sampled transition spans', { default: 1 }),
  prioritized: is.toggle('sample transitions by their TD error'),
  observationStorage: is.oneOf(
    ['float32', 'float16'],
    'what the replay buffer keeps observations as; float16 halves their memory and rounds them, see docs/scaling.md',
    { default: 'float32' },
  ),
  normalizeObservations: is.decidedToggle('standardize observations by running statistics', fromPreset),
  scaleRewards: is.decidedToggle('divide rewards by the running spread of the returns', fromPreset),
  noTensorboard: is.toggle('leave out the event file for TensorBoard'),
  logger: is.word('module that gives one more logger, see docs/logging.md', {
    placeholder: 'file',
    absent: 'files only',
  }),
  logEvery: is.positiveInteger('steps between lines of metrics.jsonl', {
    absent: '100 of each environment: 12800 of 128 together',
  }),
  parallel: parallelSetting,
  threads: is.positiveInteger('threads of the runtime', { default: 1 }),
  learnerThreads: is.wholeNumber(
    'threads that share each update, the main one among them unless with pipeline; 0 for no sharing',
    { absent: 'by parallel' },
  ),
  pipeline: is.toggle('act while an update runs, with the parameters before it; needs learner-threads'),
  engine: engineSetting,
  agent: agentSettings(algorithmNamed(DEFAULT_ALGORITHM)),
});

/**
 * Checks the settings of a training run and fills in the defaults that don't depend on its preset.
 *
 * @param source where they were written, for the message
 * @throws UsageError naming the setting, what it was and what it should be
 */
export const parseTrainSettings = (raw: RawConfig, source: string): TrainConfig =>
  parseSettings({ ...trainSettings, agent: agentSettingsFor(raw, source) }, raw, source);

/** A training run as it was asked for. */
export type TrainConfig = ValuesOf<typeof trainSettings>;

/**
 * The settings that may change when a run is resumed. None of them changes a number of the training: with any others the rest
 * of the run would be of neither the one experiment nor the other. Threads aren't among them, as sums may be added up in
 * another order; workers are, for which thread an environment is in doesn't matter.
 */
export const RESUMABLE = [
  'steps',
  'evaluateEvery',
  'evaluationEpisodes',
  'evaluationEnv',
  'deterministicOnly',
  'checkpointEvery',
  'keepCheckpoints',
  'logEvery',
  'logger',
  'noTensorboard',
  'python',
  'simulatorDevice',
  'workers',
] as const satisfies readonly (keyof typeof trainSettings)[];
