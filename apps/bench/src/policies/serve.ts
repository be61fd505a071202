import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import path from 'node:path';

import { loadPolicy, POLICY_FILES, type Policy, type PolicyMetadata } from '@meow-rl/export';
import { listeningProblem, servePolicy, type PolicyServer } from '@meow-rl/serve';

import { UsageError } from '../cli/errors.ts';
import { interruptible } from '../cli/interrupt.ts';
import { formatPairs } from '../cli/table.ts';
import type { Ui } from '../cli/ui.ts';
import type { ServeConfig } from '../commands/serve.ts';

/** Environment variable with the token that clients have to send. */
const TOKEN_VARIABLE = 'MEOW_SERVE_TOKEN';
/** Milliseconds between lines on requests. */
const LINES_EVERY = 10_000;

/** Serves an exported policy until a signal ends it. */
export async function serve(source: string, config: ServeConfig, ui: Ui): Promise<void> {
  const { host, port, stochastic, seed } = config;
  if (seed !== undefined && !stochastic)
    throw new UsageError(
      '--seed is for sampled actions, and this server gives the most likely one',
      'Leave it out, or sample with --stochastic.',
    );
  const token = process.env[TOKEN_VARIABLE];
  const problem = listeningProblem({ host, token });
  if (problem !== undefined)
    throw new UsageError(
      problem,
      `Put a token into the environment: export ${TOKEN_VARIABLE}=$(openssl rand -hex 32)`,
    );
  const file = await policyFileOf(source, stochastic);
  const policy = await (stochastic ? loadSampled(file, seed ?? 0) : loadPolicy(file));
  try {
    await interruptible(
      (signal) => serveUntil(signal, { policy, file, token, host, port, stochastic }, ui),
      () => ui.info('stopping'),
    );
  } finally {
    await policy.dispose();
  }
}

/** The policy of a `policy-stochastic.onnx`, whose actions are sampled. */
async function loadSampled(stochastic: string, seed: number): Promise<Policy> {
  const policy = await loadPolicy({ stochastic }, { seed });
  return { ...policy, act: policy.sample };
}

/** The exported file that is meant: of a run the one in its folder, with `stochastic` the one beside `policy.onnx`. */
async function policyFileOf(source: string, stochastic: boolean): Promise<string> {
  const name = stochastic ? POLICY_FILES.stochastic : POLICY_FILES.policy;
  if (path.basename(source) === POLICY_FILES.policy) return path.join(path.dirname(source), name);
  if (source.endsWith('.onnx')) return source;
  const file = path.join(source, 'policy', name);
  const isThere = await stat(file).then(
    () => true,
    () => false,
  );
  if (isThere) return file;
  throw new UsageError(
    `there is no ${file}`,
    `Give a policy.onnx, or write that of a run with: meow-bench export ${source}`,
  );
}

interface Serving extends Pick<ServeConfig, 'host' | 'port' | 'stochastic'> {
  readonly policy: Policy;
  readonly file: string;
  readonly token: string | undefined;
}

async function serveUntil(
  signal: AbortSignal,
  { policy, file, token, host, port, stochastic }: Serving,
  ui: Ui,
): Promise<void> {
  const actions = stochastic ? 'sampled' : 'deterministic';
  const server = await servePolicy({ policy, actions, host, port, token });
  const { url, host: address, port: taken } = server;
  const about = { policy: file, actions, needsToken: token !== undefined, ...policy.metadata };
  ui.result({ url, host: address, port: taken, ...about }, described(about, url));
  const stopLines = tellOfRequests(server, ui);
  try {
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    stopLines();
    await server.close();
    ui.info(requestsOf(server));
  }
}

interface About extends PolicyMetadata {
  readonly policy: string;
  readonly actions: string;
  readonly needsToken: boolean;
}

const described = (about: About, url: string): string => {
  const { policy, actions, needsToken, algorithm, environment, trainingSteps } = about;
  const { observationSpace, actionSpace } = about;
  const { low, high } = actionSpace;
  return formatPairs({
    policy: `${policy} (${algorithm} in ${environment}, ${trainingSteps} steps)`,
    observation: `[${observationSpace.size}]`,
    action: `[${actionSpace.size}], from [${low.join(', ')}] to [${high.join(', ')}], ${actions}`,
    'listens on': `${url}, ${needsToken ? `to clients with the token of ${TOKEN_VARIABLE}` : 'without a token'}`,
  });
};

/** Says every few seconds how many requests there were, where there were more. */
function tellOfRequests(server: PolicyServer, ui: Ui): () => void {
  let told = 0;
  const timer = setInterval(() => {
    const { answered, refused } = server.counts;
    if (answered + refused > told) ui.info(requestsOf(server));
    told = answered + refused;
  }, LINES_EVERY);
  return () => clearInterval(timer);
}

function requestsOf({ counts, clients }: PolicyServer): string {
  const { answered, refused, observations, milliseconds } = counts;
  const each = answered === 0 ? '' : `, ${(milliseconds / answered).toFixed(2)} ms of the policy each`;
  return `${answered} requests answered (${observations} observations${each}), ${refused} refused, ${clients} clients`;
}
