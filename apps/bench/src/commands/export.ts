import type { Precision } from '@meow-rl/export';

import { defineCommand } from '../cli/command.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';

/** As in `@meow-rl/export`, which help does without. */
const PRECISIONS = ['float32', 'float16', 'int8'] as const satisfies readonly Precision[];

const settings = is.defineSettings({
  checkpoint: is.word('checkpoint of the run: last, best, or its step', { default: 'last' }),
  out: is.word('folder of the ONNX files', { placeholder: 'folder', absent: '<run>/policy' }),
  observations: is.positiveInteger('observations of the run to compare files and agent on, at most', {
    default: 1000,
  }),
  precision: is.oneOf(PRECISIONS, 'precision of weights and layers; inputs and outputs stay float32', {
    default: PRECISIONS[0],
  }),
  episodes: is.wholeNumber(
    'episodes to play with the agent and, from the same starts, with the file, to write their returns into it',
    { default: 0 },
  ),
  seed: is.wholeNumber('seed of those observations and starts', { default: 0 }),
});

/** Settings of an export. */
export type ExportConfig = ValuesOf<typeof settings>;

/** Writes a trained policy as ONNX files. */
export const exportPolicy = defineCommand({
  name: 'export',
  summary: 'write a trained policy as ONNX files',
  description:
    'Write policy.onnx (deterministic action), policy-stochastic.onnx (sampled action, with its log-probability where there is one; ' +
    'none of td3 and ddpg) and critic.onnx (values of an action or of its state). Before they are kept, the policy is compared with the agent on observations of the ' +
    'run, the others with its programs in float64.',
  arguments: { '<run>': 'folder of a run' },
  settings,
  options: {},
  examples: [
    'meow-bench export runs/try --out policy/',
    'meow-bench export runs/try --checkpoint best',
    'meow-bench export runs/try --precision int8 --episodes 10 --out small/',
  ],
  run: async ({ arguments: [run = ''], settings: config, ui }) => {
    const { exportPolicy } = await import('../policies/export-policy.ts');
    await exportPolicy(run, config, ui);
  },
});
