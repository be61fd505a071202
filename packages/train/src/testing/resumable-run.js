import { makeEnv, vectorEnv } from '@meow-rl/envs';
import { replayBuffer } from '@meow-rl/replay';
import { seedFor, trainOffPolicy } from '@meow-rl/train';
import { chooseCheckpoint, metricsWriter, openRunCheckpoints, restoreRun } from '@meow-rl/train/node';

const [seed, sizes] = [0, { observationSize: 2, actionSize: 2 }];
let bias = 0; // stands in for the networks of a real agent
const agent = {
  algorithm: 'drift',
  ...sizes,
  act: async (observations) => observations.map((x) => Math.sin(x + bias)),
  update: async ({ rewards }) => ({ bias: (bias = Math.fround(bias + 0.01 * Math.sin(rewards[0]))) }),
  state: () => ({ tensors: { bias: { shape: [1], data: Float32Array.of(bias) } }, values: {} }),
  restore: ({ tensors }) => void ([bias] = tensors.bias.data),
  dispose: async () => {},
};
const parts = {
  agent,
  env: vectorEnv(() => makeEnv('MultiGoal-v0'), { numEnvs: 4 }),
  replay: replayBuffer({ capacity: 10_000, ...sizes, discount: 0.99, seed: seedFor('replay', seed) }),
};

// Goes on where the run was killed or stopped; begins it where there is no checkpoint.
const folder = 'runs/a/checkpoints';
const checkpoint = await chooseCheckpoint(folder);
const restored = checkpoint && (await restoreRun(folder, parts, checkpoint));
const checkpoints = await openRunCheckpoints(folder, parts, { restored });
const position = restored?.log ?? { 'metrics.jsonl': 0 };
const logger = await metricsWriter('runs/a/metrics.jsonl', { position });
await trainOffPolicy({
  ...parts,
  steps: 20_000,
  warmup: 1000,
  seed,
  checkpoint: { every: 1000, save: (loop) => checkpoints.save(loop, { logger }) },
  resume: restored?.loop,
  signal: checkpoints.failed, // a full disk ends the run, saved up to the checkpoint before
  onEvent: (event) => logger.log(event),
});
await checkpoints.settled();
await logger.close();
