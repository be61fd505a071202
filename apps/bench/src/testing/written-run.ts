import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { defaultsOf } from '@meow-rl/learner/settings';

import { ALGORITHMS } from '../algorithms/index.ts';
import { usualPreset } from '../algorithms/presets.ts';
import type { RawConfig } from '../cli/config-file.ts';

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
  /** Beside those of the environment's preset, which are recorded as `train` does. With a preset that isn't known these are all. */
  readonly settings?: RawConfig & { readonly agent?: RawConfig };
  /** Whether settings of the agent that aren't given are left out, as by a version that hadn't them; default false. */
  readonly isOld?: boolean;
  readonly finished?: boolean;
  /** Comes after the evaluations in `metrics.jsonl`. */
  readonly tail?: string;
}

/** The preset of a run and its agent's settings. */
function presetOf({ env = 'Task-v0', algo = 'meow', settings = {}, isOld = false }: WrittenRun): RawConfig {
  const algorithm = ALGORITHMS.find(({ name }) => name === algo);
  if (!algorithm) return {};
  const preset = String(settings['preset'] ?? usualPreset(algorithm, env));
  const known = isOld ? undefined : algorithm.presets[preset];
  return {
    preset,
    agent: { ...(known && { ...defaultsOf(algorithm.settings), ...known.agent }), ...settings.agent },
  };
}

/** Writes a run that was never trained. */
export async function writeRun(folder: string, run: WrittenRun): Promise<void> {
  const { env = 'Task-v0', algo = 'meow', seed, means, sampled, every = 100 } = run;
  const { settings = {}, finished = true, tail = '' } = run;
  await mkdir(folder, { recursive: true });
  await writeFile(
    path.join(folder, 'config.json'),
    JSON.stringify({
      command: 'train',
      env,
      algo,
      seed,
      steps: 10 * every,
      ...settings,
      ...presetOf(run),
    }),
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
