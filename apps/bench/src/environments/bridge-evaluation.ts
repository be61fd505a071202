import type { VectorEnv } from '@meow-rl/envs';
import type { BridgeVectorEnv } from '@meow-rl/envs-isaac-bridge';

import {
  bridgeHello,
  isBridge,
  isRunningServer,
  openBridge,
  withActions,
  type BridgeChoice,
  type BridgeOptions,
} from './bridge.ts';
import { withStepLimit } from './step-limit.ts';
import { UsageError } from '../cli/errors.ts';
import type { Ui } from '../cli/ui.ts';

/**
 * Opens environments behind the bridge whose episodes are counted.
 *
 * @throws CliError or UsageError as {@link openBridge}, and for a server that spreads first episodes
 */
export async function openForEvaluation(
  choice: BridgeChoice,
  options: BridgeOptions = {},
): Promise<BridgeVectorEnv> {
  const env = await openBridge(choice, options);
  if (!env.hello.spreadEpisodes) return env;
  await env.close();
  throw spreadServer(choice);
}

const spreadServer = ({ env }: BridgeChoice) =>
  new UsageError(
    `the server of ${env} spreads first episodes (--spread-episodes), so that an evaluation would count shortened ones`,
    'Evaluate with a server that was started without it; train leaves evaluation out with --evaluate-every above --steps.',
  );

interface LazyBridgeOptions {
  readonly like: VectorEnv;
  readonly numEnvs: number;
  /** Is told of a limit that is assumed. */
  readonly ui: Pick<Ui, 'info'>;
}

/** Environments that are opened when they are first used; until then nothing is started. */
function lazyBridge(
  choice: BridgeChoice,
  { like, ui, ...opening }: BridgeOptions & LazyBridgeOptions,
): VectorEnv {
  let made: VectorEnv | undefined;
  let opened: Promise<VectorEnv> | undefined;
  // It may be another one than what is trained in, without a limit.
  const open = async () => (made = await openLike(await withStepLimit(choice, opening, ui), opening, like));
  const env = () => (opened ??= open());
  return {
    id: like.id,
    numEnvs: opening.numEnvs,
    // Once it is there, its own: it may have another than what is trained in, and evaluations go by it after their first reset.
    get autoresetMode() {
      return (made ?? like).autoresetMode;
    },
    singleObservationSpace: like.singleObservationSpace,
    singleActionSpace: like.singleActionSpace,
    reset: async (request) => (await env()).reset(request),
    step: async (actions) => (await env()).step(actions),
    state: async () => (await env()).state(),
    restore: async (state) => (await env()).restore(state),
    close: async () => opened?.then((started) => started.close()).catch(() => {}),
  };
}

/** Opens environments with the spaces of others. */
async function openLike(choice: BridgeChoice, options: BridgeOptions, like: VectorEnv): Promise<VectorEnv> {
  const bridge = await openForEvaluation(choice, options);
  for (const [what, space, expected] of [
    ['observations', bridge.singleObservationSpace, like.singleObservationSpace],
    ['actions', bridge.singleActionSpace, like.singleActionSpace],
  ] as const) {
    if (space.size === expected.size) continue;
    await bridge.close();
    throw new UsageError(
      `${choice.env} has ${what} of ${space.size} numbers, and ${like.id} of ${expected.size}`,
      'Evaluate in the task that is trained in.',
    );
  }
  return withActions(bridge, true);
}

/** What evaluations of a run play in. */
export interface BridgeEvaluation extends BridgeChoice {
  /** Another simulator in Python that evaluations play in. */
  readonly evaluationEnv?: string;
}

/** Throws UsageError if evaluations are to play in another environment, and one of the two isn't behind the bridge. */
export function checkEvaluationEnv({ env, evaluationEnv }: BridgeEvaluation): void {
  if (evaluationEnv === undefined) return;
  const none = [env, evaluationEnv].find((name) => !isBridge(name));
  if (none === undefined) return;
  throw new UsageError(
    `--evaluation-env ${evaluationEnv} with --env ${env}: both have to be simulators in Python, and ${none} is none`,
    'Leave it out, or name one, such as bridge:ws://host:port.',
  );
}

/** Why a run can't evaluate: it is the only client that its server takes. Undefined if it can. */
export async function whyNoEvaluation({
  evaluationEnv,
  ...choice
}: BridgeEvaluation): Promise<string | undefined> {
  if (evaluationEnv !== undefined || !isRunningServer(choice.env)) return undefined;
  if ((await bridgeHello(choice)).clients > 1) return undefined;
  return (
    `nothing is evaluated: the server of ${choice.env} takes one client at a time, and this run is it. The returns of training episodes are ` +
    'the curve. Name a second server with --evaluation-env bridge:ws://host:port; or start one of Gymnasium or EnvPool with --clients 2'
  );
}

/**
 * Environments that evaluations of a run play in. A server that is to be started is started at the first evaluation; one that runs and
 * is named for them is connected to now.
 *
 * @throws CliError or UsageError if there is none, or it has other spaces
 */
export async function openEvaluationBridge(
  { evaluationEnv, ...choice }: BridgeEvaluation,
  {
    like,
    episodes,
    logFile,
    ui,
  }: { like: VectorEnv; episodes: number; logFile: string; ui: Pick<Ui, 'info'> },
): Promise<VectorEnv> {
  const evaluated = { ...choice, env: evaluationEnv ?? choice.env };
  if (!isRunningServer(evaluated.env)) return lazyBridge(evaluated, { like, numEnvs: episodes, logFile, ui });
  if (evaluated.env !== choice.env) return openLike(evaluated, {}, like);
  if ((await bridgeHello(evaluated)).spreadEpisodes) throw spreadServer(evaluated);
  // A server that runs has the number that it has.
  return lazyBridge(evaluated, { like, numEnvs: like.numEnvs, ui });
}
