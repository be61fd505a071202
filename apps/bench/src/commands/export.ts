import { defineCommand } from '../cli/command.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';

const settings = is.defineSettings({
  checkpoint: is.word('checkpoint of the run: last, best, or its step', { default: 'last' }),
  out: is.word('folder of the ONNX files', { placeholder: 'folder', absent: '<run>/policy' }),
  observations: is.positiveInteger('observations of the run to compare files and agent on, at most', {
    default: 1000,
  }),
  seed: is.wholeNumber('seed of those observations', { default: 0 }),
});

/** Settings of an export. */
export type ExportConfig = ValuesOf<typeof settings>;

/** Writes a trained policy as ONNX files. */
export const exportPolicy = defineCommand({
  name: 'export',
  summary: 'write a trained policy as ONNX files',
  description:
    'Write policy.onnx (deterministic action), policy-stochastic.onnx (sampled action with log-probability) and ' +
    'critic.onnx (values of an action). Before they are kept, the policy is compared with the agent on observations of the ' +
    'run, the others with its programs in float64.',
  arguments: { '<run>': 'folder of a run' },
  settings,
  options: {},
  examples: ['meow-bench export runs/try --out policy/', 'meow-bench export runs/try --checkpoint best'],
  run: async ({ arguments: [run = ''], settings: config, ui }) => {
    const { exportPolicy } = await import('../policies/export-policy.ts');
    await exportPolicy(run, config, ui);
  },
});
