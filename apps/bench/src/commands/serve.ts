import { defineCommand } from '../cli/command.ts';
import * as is from '../cli/settings.ts';
import type { ValuesOf } from '../cli/settings.ts';

const settings = is.defineSettings({
  host: is.word('address to listen on; one that other machines reach needs a token', {
    placeholder: 'address',
    default: '127.0.0.1',
  }),
  port: is.port('port to listen on; 0 takes any that is free', { default: 8000 }),
  stochastic: is.toggle('sample actions instead of giving the most likely one'),
  seed: is.wholeNumber('seed of the actions with --stochastic', { absent: '0' }),
});

/** Settings of a policy server. */
export type ServeConfig = ValuesOf<typeof settings>;

/** Serves a trained policy to robots and simulators. */
export const serve = defineCommand({
  name: 'serve',
  summary: 'serve a trained policy to robots and simulators in Python',
  description:
    "Serve an exported policy over WebSocket, as openpi's policy servers do: programs in Python ask for actions with openpi-client. " +
    'With --stochastic the policy-stochastic.onnx beside it is served.',
  arguments: { '<policy>': 'a policy.onnx, or folder of a run that has exported one' },
  settings,
  options: {},
  examples: [
    'meow-bench serve runs/try/policy/policy.onnx',
    'meow-bench serve runs/try --port 0 --json',
    'MEOW_SERVE_TOKEN=$(openssl rand -hex 32) meow-bench serve policy.onnx --host 0.0.0.0',
  ],
  notes:
    'MEOW_SERVE_TOKEN holds the token that clients have to send (api_key of openpi-client). SIGINT and SIGTERM end the server, with exit code 0.',
  run: async ({ arguments: [source = ''], settings: config, ui }) => {
    const { serve } = await import('../policies/serve.ts');
    await serve(source, config, ui);
  },
});
