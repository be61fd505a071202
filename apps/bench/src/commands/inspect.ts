import { defineCommand } from '../cli/command.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';

const settings = is.defineSettings({
  out: is.word('file for a drawing of the graph, in SVG', {
    placeholder: 'graph.svg',
    absent: 'none is made',
  }),
});

/** Settings of an inspection. */
export type InspectConfig = ValuesOf<typeof settings>;

/** Shows what an exported file holds. */
export const inspect = defineCommand({
  name: 'inspect',
  summary: 'show what an exported ONNX file holds',
  description:
    'Show the metadata of an exported ONNX file, its inputs and outputs, how large its modules are, its operators, and which operator ' +
    'set, IR version and onnxruntime it needs. With --out its graph is drawn.',
  arguments: { '<file>': 'a policy.onnx, policy-stochastic.onnx or critic.onnx' },
  settings,
  options: {},
  examples: [
    'meow-bench inspect runs/try/policy/policy.onnx',
    'meow-bench inspect policy.onnx --out graph.svg',
    'meow-bench inspect policy.onnx --json',
  ],
  run: async ({ arguments: [file = ''], settings: config, ui }) => {
    const { inspect } = await import('../policies/inspect.ts');
    await inspect(file, config, ui);
  },
});
