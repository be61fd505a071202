import path from 'node:path';
import { existsSync } from 'node:fs';

import { clipVectorAction, rescaleVectorAction, type VectorEnv } from '@meow-rl/envs';
import { BridgeError, type BridgeVectorEnv } from '@meow-rl/envs-isaac-bridge';
import { isaacVectorEnv } from '@meow-rl/envs-isaac-bridge/node';

import { CliError, UsageError } from '../cli/errors.ts';

/** Simulators in Python that a server is started for. */
const PREFIXES = ['gym', 'gym-vector', 'envpool', 'isaac', 'omniisaac', 'playground'] as const;
/** A server that runs. */
const RUNNING = 'bridge:';
/** Environment variable with the token of a server that runs. */
const TOKEN_VARIABLE = 'MEOW_BRIDGE_TOKEN';
/** Environment variable that names the Python to start servers with. */
const PYTHON_VARIABLE = 'MEOW_PYTHON';

/** Environments in a Python simulator, as settings choose them. */
export interface BridgeChoice {
  /** `gym:Ant-v5`, `isaac:Isaac-Ant-Direct`, …, or `bridge:ws://host:port` for a server that runs. */
  readonly env: string;
  /** Default: that of `MEOW_PYTHON`, of `.venv` in the working directory, else `python3`. */
  readonly python?: string;
  /** Actions in [-bound, bound], where the simulator has no bounds. Default: those of a table, for the paper's tasks. */
  readonly actionBound?: number;
  /** Of Isaac Lab: `cpu`, `cuda:0`. Default: a GPU where there is one. */
  readonly simulatorDevice?: string;
}

/** How environments behind the bridge are opened. */
export interface BridgeOptions {
  /** Default: those of the server that is there, else 1. */
  readonly numEnvs?: number;
  /** Whether first episodes begin as if some of their steps were over, which is for training alone. Default: false. */
  readonly spreadEpisodes?: boolean;
  /** Where a server that is started logs. Default: its end is kept, for error messages. */
  readonly logFile?: string;
}

/** What `--env` takes of these, for messages. */
export const BRIDGE_EXAMPLES =
  'gym:Ant-v5, gym-vector:Ant-v5, envpool:Ant-v5, isaac:Isaac-Ant-Direct, bridge:ws://host:port';

/** Whether `--env` names environments in a Python simulator. */
export const isBridge = (env: string): boolean =>
  env.startsWith(RUNNING) || PREFIXES.some((prefix) => env.startsWith(`${prefix}:`));

/** What simulators said of themselves in this process: one takes up to a minute and more to start. */
const known = new Map<string, BridgeVectorEnv['hello']>();
/** Servers that were asked for their spaces and have nothing to do yet. */
const idle = new Map<string, BridgeVectorEnv>();

/**
 * What the simulator says of itself. A server that is started for that is kept for the first who opens as many environments.
 *
 * @throws CliError or UsageError if there is none
 */
export async function bridgeHello(
  choice: BridgeChoice,
  options: BridgeOptions = {},
): Promise<BridgeVectorEnv['hello']> {
  const told = known.get(choice.env);
  if (told) return told;
  const env = await connect(choice, options);
  idle.set(choice.env, env);
  return env.hello;
}

/**
 * Opens environments behind the bridge, in their own units.
 *
 * @throws CliError or UsageError if there is no server, or it has another number of environments
 */
export async function openBridge(
  choice: BridgeChoice,
  options: BridgeOptions = {},
): Promise<BridgeVectorEnv> {
  const { numEnvs } = options;
  const kept = idle.get(choice.env);
  idle.delete(choice.env);
  if (kept && (numEnvs === undefined || kept.numEnvs === numEnvs)) return kept;
  await kept?.close();
  const env = await connect(choice, options);
  if (numEnvs === undefined || env.numEnvs === numEnvs) return env;
  await env.close();
  throw new UsageError(
    `the server of ${choice.env} has ${env.numEnvs} environments, and ${numEnvs} were asked for`,
    `Give --num-envs ${env.numEnvs}, or start the server with --num-envs ${numEnvs}.`,
  );
}

/**
 * Environments behind the bridge that take actions in [-1, 1], or what a policy gives in the simulator's units. Servers refuse what
 * is out of bounds, and onnxruntime's tanh is up to 1 + 2⁻²² (near 8.5): such actions are moved to the bound.
 */
export function withActions(env: VectorEnv, rescaleActions: boolean): VectorEnv {
  const clipped = clipVectorAction(env);
  return rescaleActions ? rescaleVectorAction(clipped) : clipped;
}

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

/** Environments that are opened when they are first used; until then nothing is started. */
function lazyBridge(
  choice: BridgeChoice,
  { like, ...opening }: BridgeOptions & { readonly like: VectorEnv; readonly numEnvs: number },
): VectorEnv {
  let opened: Promise<VectorEnv> | undefined;
  const env = () => (opened ??= openLike(choice, opening, like));
  return {
    id: like.id,
    numEnvs: opening.numEnvs,
    autoresetMode: like.autoresetMode,
    singleObservationSpace: like.singleObservationSpace,
    singleActionSpace: like.singleActionSpace,
    reset: async (request) => (await env()).reset(request),
    step: async (actions) => (await env()).step(actions),
    state: async () => (await env()).state(),
    restore: async (state) => (await env()).restore(state),
    close: async () => opened?.then((made) => made.close()).catch(() => {}),
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
  if (evaluationEnv !== undefined || !choice.env.startsWith(RUNNING)) return undefined;
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
  { like, episodes, logFile }: { like: VectorEnv; episodes: number; logFile: string },
): Promise<VectorEnv> {
  const evaluated = { ...choice, env: evaluationEnv ?? choice.env };
  if (!evaluated.env.startsWith(RUNNING)) return lazyBridge(evaluated, { like, numEnvs: episodes, logFile });
  if (evaluated.env !== choice.env) return openLike(evaluated, {}, like);
  if ((await bridgeHello(evaluated)).spreadEpisodes) throw spreadServer(evaluated);
  // A server that runs has the number that it has.
  return lazyBridge(evaluated, { like, numEnvs: like.numEnvs });
}

/** Python for servers: what is named, else the project's. */
export function bridgePython({ python }: Pick<BridgeChoice, 'python'>): string {
  const windows = process.platform === 'win32';
  const project = path.resolve('.venv', windows ? 'Scripts/python.exe' : 'bin/python');
  const fallback = windows ? 'python' : 'python3';
  const named = python ?? process.env[PYTHON_VARIABLE];
  // Servers may run in another folder.
  if (named !== undefined) return /[\\/]/.test(named) ? path.resolve(named) : named;
  return existsSync(project) ? project : fallback;
}

/** Arguments of a server that is started. */
const serverArguments = (
  { actionBound, simulatorDevice }: BridgeChoice,
  { spreadEpisodes = false }: BridgeOptions,
): string[] => [
  ...(actionBound === undefined ? [] : ['--action-bound', String(actionBound)]),
  ...(simulatorDevice === undefined ? [] : ['--device', simulatorDevice]),
  ...(spreadEpisodes ? ['--spread-episodes'] : []),
];

async function connect(choice: BridgeChoice, options: BridgeOptions): Promise<BridgeVectorEnv> {
  const { env } = choice;
  const { numEnvs, logFile } = options;
  const args = serverArguments(choice, options);
  try {
    const opened = await isaacVectorEnv(
      env.startsWith(RUNNING)
        ? { url: env.slice(RUNNING.length), token: process.env[TOKEN_VARIABLE] }
        : {
            launch: {
              python: bridgePython(choice),
              task: env,
              args,
              ...(numEnvs !== undefined && { numEnvs }),
              ...(logFile !== undefined && { logFile }),
            },
          },
    );
    known.set(env, opened.hello);
    return opened;
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    throw new CliError(
      error.message.replace(/\.$/, ''),
      env.startsWith(RUNNING)
        ? `A token is taken from ${TOKEN_VARIABLE}.`
        : `Name the Python that has the simulator with --python or ${PYTHON_VARIABLE}; docs/isaac.md says what to install there.`,
      { cause: error },
    );
  }
}
