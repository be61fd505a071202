import { MEOW_SETTINGS as rules } from '@meow-rl/meow/settings';
import { z } from 'zod';

import * as is from '../cli/settings.ts';
import { MEASURED_ALGORITHMS } from '../speed/peers.ts';

/** Settings of the MEow agent. What is left out comes from the preset. */
export const agentSchema = z.strictObject({
  alpha: is.fromPreset(is.number(rules.alpha, 'temperature: weight of the entropy against the reward')),
  gamma: is.fromPreset(is.number(rules.gamma, 'discount factor')),
  tau: is.fromPreset(is.number(rules.tau, 'step of the target network towards the trained one, each update')),
  learningRate: is.fromPreset(is.number(rules.learningRate, "Adam's step size")),
  gradClip: is.fromPreset(is.number(rules.gradClip, 'largest norm of the gradient')),
  batchSize: is.fromPreset(is.number(rules.batchSize, 'transitions per update', 'n')),
  dropout: is.fromPreset(
    is.number(rules.dropout, 'share of hidden units dropped in the couplings while training', 'p'),
  ),
  couplings: is.fromPreset(is.number(rules.couplings, 'additive coupling layers in the flow', 'n')),
  hidden: is.fromPreset(is.widths(rules.hidden, 'hidden layers of the couplings and the prior')),
  shiftHidden: is.fromPreset(is.widths(rules.shiftHidden, 'hidden layers of the reward shifts')),
  logSigmaMin: is.fromPreset(
    is.number(rules.logSigmaMin, "lower bound of the prior's log standard deviation"),
  ),
  logSigmaMax: is.fromPreset(
    is.number(rules.logSigmaMax, "upper bound of the prior's log standard deviation"),
  ),
});

const MAX_STEPS = "the environment's own limit; 1000 where a module gives none";

/** A training run. What has no default here and is left out comes from the preset. */
export const trainSchema = z.strictObject({
  algo: is.oneOf(['meow'], 'algorithm').default('meow'),
  env: is
    .word('environment, or a module that makes one: ./my-env.ts#makeEnv or my-package#makeEnv')
    .default('MultiGoal-v0'),
  maxSteps: is.optional(is.positiveInteger('steps after which an episode is truncated'), MAX_STEPS),
  preset: is.optional(is.word('named settings to start from'), 'those of the environment'),
  seed: is.wholeNumber('seed of everything random').default(0),
  steps: is.fromPreset(is.positiveInteger('environment steps to train for')),
  out: is.optional(is.word('folder of the run', 'folder'), 'runs/<environment>/<algo>/seed-<seed>'),
  warmup: is.fromPreset(is.wholeNumber('steps with random actions before the first update')),
  updatesPerStep: is.fromPreset(is.positiveNumber('updates per environment step, may be a fraction')),
  numEnvs: is.fromPreset(is.positiveInteger('environments stepped together')),
  bufferSize: is.fromPreset(is.positiveInteger('transitions that the replay buffer holds')),
  evaluateEvery: is.fromPreset(is.positiveInteger('steps between evaluations')),
  policy: is.fromPreset(
    is.oneOf(
      ['last', 'averaged'],
      'parameters that become the policy: of the last update, or their Polyak average (the target)',
    ),
  ),
  evaluationEpisodes: is.positiveInteger('episodes per evaluation').default(10),
  deterministicOnly: is.toggle('evaluate without the second round of episodes, which samples its actions'),
  checkpointEvery: is.optional(is.positiveInteger('steps between checkpoints'), 'as evaluate-every'),
  keepCheckpoints: is.positiveInteger('newest checkpoints to keep, beside the best').default(3),
  workers: is.wholeNumber('threads that step the environments, 0 for none').default(0),
  nStep: is.positiveInteger('steps that a sampled transition spans').default(1),
  prioritized: is.toggle('sample transitions by their TD error'),
  normalizeObservations: is.toggle('standardize observations by running statistics'),
  scaleRewards: is.toggle('divide rewards by the running spread of the returns'),
  noTensorboard: is.toggle('leave out the event file for TensorBoard'),
  logger: is.optional(
    is.word('module that gives one more logger, see docs/logging.md', 'file'),
    'files only',
  ),
  logEvery: is.positiveInteger('steps between lines of metrics.jsonl').default(100),
  threads: is.positiveInteger('threads of the runtime').default(1),
  learnerThreads: is
    .wholeNumber(
      'threads that share each update, the main one among them unless with pipeline; 0 for no sharing',
    )
    .default(0),
  pipeline: is.toggle('act while an update runs, with the parameters before it; needs learner-threads'),
  fused: is.toggle('run chains of element-wise operators as one; needs @meow-rl/onnxruntime-fused compiled'),
  agent: agentSchema.prefault({}),
});

/**
 * The settings that may change when a run is resumed. None of them changes a number of the training: with any others the rest
 * of the run would be of neither the one experiment nor the other. Threads aren't among them, as sums may be added up in
 * another order; workers are, for which thread an environment is in doesn't matter.
 */
export const RESUMABLE = [
  'steps',
  'evaluateEvery',
  'evaluationEpisodes',
  'deterministicOnly',
  'checkpointEvery',
  'keepCheckpoints',
  'logEvery',
  'logger',
  'noTensorboard',
  'workers',
] as const satisfies readonly (keyof z.output<typeof trainSchema>)[];

/** Settings of the multi-goal demo. */
export const demoSchema = z.strictObject({
  preset: is.word('named settings to train with').default('multi-goal-demo'),
  seed: is.wholeNumber('seed of everything random').default(0),
  steps: is.fromPreset(is.positiveInteger('environment steps to train for')),
  out: is.word('folder of the report, the policies and the metrics', 'folder').default('runs/demo'),
  rollouts: is.positiveInteger('episodes sampled from the trained policy').default(400),
  threads: is.positiveInteger('threads of the runtime').default(1),
});

/** Settings of an evaluation. */
export const evalSchema = z.strictObject({
  checkpoint: is.word('checkpoint of the run: last, best, or its step').default('last'),
  episodes: is.positiveInteger('episodes to play').default(10),
  stochastic: is.toggle('sample actions instead of taking the most likely one'),
  seed: is.wholeNumber('seed of the starts and, with --stochastic, of the actions').default(0),
  env: is.optional(
    is.word('environment to play in, or a module that makes it: ./my-env.ts#makeEnv'),
    'that of the policy',
  ),
  maxSteps: is.optional(is.positiveInteger('steps after which an episode is truncated'), 'as in training'),
  threads: is.positiveInteger('threads of the runtime').default(1),
});

/** Settings of a replay page. */
export const renderSchema = z.strictObject({
  out: is.optional(is.word('HTML file; the recordings go beside it', 'file'), '<run>/replay.html'),
  episodes: is.positiveInteger('episodes to play').default(1),
  stochastic: is.toggle('sample actions instead of taking the most likely one'),
  seed: is.wholeNumber('seed of the starts and, with --random, of the actions').default(0),
  random: is.toggle('act at random instead of with a policy'),
  env: is.optional(
    is.word('environment to play in, or a module that makes it: ./my-env.ts#makeEnv'),
    'that of the policy',
  ),
  maxSteps: is.optional(is.positiveInteger('steps after which an episode is truncated'), 'as in training'),
  threads: is.positiveInteger('threads of the runtime').default(1),
});

/** Settings of an export. */
export const exportSchema = z.strictObject({
  checkpoint: is.word('checkpoint of the run: last, best, or its step').default('last'),
  out: is.optional(is.word('folder of the ONNX files', 'folder'), '<run>/policy'),
  observations: is
    .positiveInteger('observations of the run to compare files and agent on, at most')
    .default(1000),
  seed: is.wholeNumber('seed of those observations').default(0),
});

/** Settings of the speed measurement. */
export const speedSchema = z.strictObject({
  algo: is.oneOf(MEASURED_ALGORITHMS, 'algorithm').default('meow'),
  observationSize: is.positiveInteger('entries of an observation').default(17),
  actionSize: is.positiveInteger('entries of an action').default(6),
  batchSize: is.positiveInteger('transitions per update').default(256),
  updates: is.positiveInteger('updates to time').default(200),
  warmup: is.wholeNumber('updates before the clock starts').default(20),
  rounds: is.positiveInteger('parts that the updates are timed in, taking turns with the peers').default(10),
  threads: is.positiveInteger('threads of the runtime').default(1),
  all: is.toggle("measure all sizes of the paper's tasks, with 1 and with 2 threads"),
  loopSteps: is
    .wholeNumber('environment steps of the whole training loop on HalfCheetah-v5, 0 for none')
    .default(500),
  peers: is.optional(is.word('PyTorch and JAX versions to compare with, and loops of libraries', 'torch,jax'), 'none'),
  profile: is.toggle('print the time per operator and per phase of an update'),
  roofline: is.toggle("count an update's work and compare it with what the machine can do"),
  soak: is.wholeNumber('updates to watch memory and garbage collection over, 0 for none').default(0),
  seed: is.wholeNumber('seed of weights and batches').default(0),
});

/** Settings of the measurement of environments. */
export const envSpeedSchema = z.strictObject({
  envs: is.words('MuJoCo tasks to measure, modules of your own among them, or all', 'id,id').default(['all']),
  seconds: is.positiveNumber('length of a round').default(0.5),
  rounds: is.positiveInteger('rounds, of which the median counts').default(5),
  numEnvs: is.positiveInteger('environments that are stepped together over workers').default(16),
  workers: is.optional(is.positiveInteger('worker threads to spread them over'), 'one per core'),
  python: is.optional(
    is.word('Python with gymnasium[mujoco], to measure that too', 'file'),
    "the peers' environment if installed, else python3",
  ),
});

/** Settings of a comparison. */
export const compareSchema = z.strictObject({
  out: is.optional(is.word('folder to write learning curves and tables to', 'folder'), 'nothing is written'),
  stochastic: is.toggle('compare returns with sampled actions instead of deterministic ones'),
  until: is.optional(is.positiveInteger('evaluations after this step do not count'), 'all count'),
  last: is.positiveInteger('evaluations in the average at the end of a run').default(10),
  confidence: is.share('share that the intervals cover').default(0.95),
  resamples: is.positiveInteger('bootstrap resamples behind an interval').default(2000),
  seed: is.wholeNumber('seed of the resampling').default(0),
});

export type AgentConfig = z.output<typeof agentSchema>;
export type TrainConfig = z.output<typeof trainSchema>;
export type DemoConfig = z.output<typeof demoSchema>;
export type EvalConfig = z.output<typeof evalSchema>;
export type RenderConfig = z.output<typeof renderSchema>;
export type ExportConfig = z.output<typeof exportSchema>;
export type SpeedConfig = z.output<typeof speedSchema>;
export type EnvSpeedConfig = z.output<typeof envSpeedSchema>;
export type CompareConfig = z.output<typeof compareSchema>;
