import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** A run as `train` would have left it, with returns that were made up. */
export interface WrittenRun {
  readonly env?: string;
  readonly algo?: string;
  readonly seed: number;
  /** Mean deterministic returns of its evaluations. */
  readonly means: readonly number[];
  /** Those of sampled actions. */
  readonly sampled?: readonly number[];
  /** Steps between evaluations; default 100. */
  readonly every?: number;
  readonly settings?: object;
  readonly finished?: boolean;
  /** Comes after the evaluations in `metrics.jsonl`. */
  readonly tail?: string;
}

/** Writes a run that was never trained. */
export async function writeRun(folder: string, run: WrittenRun): Promise<void> {
  const { env = 'Task-v0', algo = 'meow', seed, means, sampled, every = 100 } = run;
  const { settings = {}, finished = true, tail = '' } = run;
  await mkdir(folder, { recursive: true });
  await writeFile(
    path.join(folder, 'config.json'),
    JSON.stringify({ command: 'train', env, algo, seed, steps: 10 * every, preset: 'p', ...settings }),
  );
  const lines = means.map((mean, i) =>
    JSON.stringify({
      type: 'evaluation',
      step: every * (i + 1),
      mean,
      ...(sampled && { stochastic: { mean: sampled[i] } }),
      time: { seconds: i + 1, duration: 1 },
    }),
  );
  await writeFile(path.join(folder, 'metrics.jsonl'), [...lines, tail].join('\n'));
  if (finished)
    await writeFile(path.join(folder, 'summary.json'), JSON.stringify({ aborted: false, trainSeconds: 90 }));
}
