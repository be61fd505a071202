import { defineCommand } from '../cli/command.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';
import { ENGINE_CHOICES, parallelSetting } from '../runs/train-settings.ts';
import { MEASURED_ALGORITHMS } from '../speed/peers.ts';

const settings = is.defineSettings({
  algo: is.oneOf(MEASURED_ALGORITHMS, 'algorithm', { default: MEASURED_ALGORITHMS[0] }),
  observationSize: is.positiveInteger('entries of an observation', { default: 17 }),
  actionSize: is.positiveInteger('entries of an action', { default: 6 }),
  batchSize: is.positiveInteger('transitions per update', { absent: "the algorithm's own" }),
  updates: is.positiveInteger('updates to time', { default: 200 }),
  warmup: is.wholeNumber('updates before the clock starts', { default: 20 }),
  rounds: is.positiveInteger(
    'parts that the updates are timed in, taking turns with the peers; the loop in at most 3',
    {
      default: 10,
    },
  ),
  threads: is.positiveInteger('threads of the runtime', { default: 1 }),
  parallel: parallelSetting,
  engine: is.words(
    `engines to time side by side, the first of them also with threads, in the loop and against peers: ${ENGINE_CHOICES.join(', ')}`,
    'a,b',
    { absent: 'auto, and on one thread onnxruntime beside it' },
  ),
  all: is.toggle("measure all sizes of the paper's tasks, with 1 and with 2 threads"),
  loopSteps: is.wholeNumber('environment steps of the whole training loop on HalfCheetah-v5, 0 for none', {
    default: 500,
  }),
  peers: is.word('PyTorch and JAX versions to compare with, and loops of libraries', {
    placeholder: 'torch,jax',
    absent: 'none',
  }),
  profile: is.toggle('print the time per operator and per phase of an update'),
  roofline: is.toggle("count an update's work and compare it with what the machine can do"),
  soak: is.wholeNumber('updates to watch memory and garbage collection over, 0 for none', { default: 0 }),
  seed: is.wholeNumber('seed of weights and batches', { default: 0 }),
});

/** Settings of the speed measurement. */
export type SpeedConfig = ValuesOf<typeof settings>;

/** Times updates, actions and the training loop. */
export const speed = defineCommand({
  name: 'speed',
  summary: 'time updates, actions and the training loop',
  description:
    "Time an algorithm's updates, actions and replay with its default networks on random data, and the training loop on " +
    'HalfCheetah-v5. With --peers the same update in PyTorch and JAX takes turns with ours, and for SAC, TD3 and PPO the ' +
    'loops of Stable-Baselines3 and sbx; npm run peers:setup installs them. PPO has no version in JAX; its updates are timed as ' +
    'the mean over what is learned from a rollout, its loop has 16 environments, stepped by as many worker threads as it has threads. ' +
    'The loop is timed on the threads that train takes, as are the loops of peers, and on one beside it; with --parallel off, or --threads above 1, on --threads.',
  arguments: {},
  settings,
  options: {},
  examples: [
    'meow-bench speed --threads 1 --json',
    'meow-bench speed --observation-size 348 --action-size 17 --profile --roofline',
    'meow-bench speed --peers torch,jax --rounds 20',
    'meow-bench speed --algo sac --peers torch,jax',
    'meow-bench speed --algo td3 --peers torch,jax',
    'meow-bench speed --algo sql --peers torch,jax',
    'meow-bench speed --algo ppo --peers torch,jax --threads 2',
    'meow-bench speed --engine onnxruntime,tfjs-node,tfjs-wasm',
    'meow-bench speed --all --json',
    'meow-bench speed --loop-steps 0 --soak 50000',
  ],
  run: async ({ settings: config, ui }) => {
    const { speed } = await import('../speed/speed.ts');
    await speed(config, ui);
  },
});
