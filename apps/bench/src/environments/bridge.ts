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
  /** Steps after which an episode is truncated. Default: the environment's own limit. Of simulators, those of Gymnasium that are started take it. */
  readonly maxSteps?: number;
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

/** Whether `--env` names a server that runs. */
export const isRunningServer = (env: string): boolean => env.startsWith(RUNNING);

/** Whether `--env` names environments in a Python simulator. */
export const isBridge = (env: string): boolean =>
  isRunningServer(env) || PREFIXES.some((prefix) => env.startsWith(`${prefix}:`));

/** Whether a server that is started for it truncates episodes as it is told. */
export const takesMaxSteps = (env: string): boolean => /^gym(-vector)?:/.test(env);

const keyOf = ({ env, maxSteps }: BridgeChoice): string =>
  takesMaxSteps(env) ? `${env}, ${maxSteps ?? 'its own'} steps` : env;

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
  const told = known.get(keyOf(choice));
  if (told) return told;
  const env = await connect(choice, options);
  idle.set(keyOf(choice), env);
  return env.hello;
}

/** Ends a server that was started to be asked, and has nothing to do yet. */
export async function endIdle(choice: BridgeChoice): Promise<void> {
  const kept = idle.get(keyOf(choice));
  idle.delete(keyOf(choice));
  await kept?.close();
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
  const kept = idle.get(keyOf(choice));
  idle.delete(keyOf(choice));
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
  { env, maxSteps, actionBound, simulatorDevice }: BridgeChoice,
  { spreadEpisodes = false }: BridgeOptions,
): string[] => [
  ...(maxSteps !== undefined && takesMaxSteps(env) ? ['--max-steps', String(maxSteps)] : []),
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
      isRunningServer(env)
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
    known.set(keyOf(choice), opened.hello);
    return opened;
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    throw new CliError(error.message.replace(/\.$/, ''), remedyOf(error, choice, options), { cause: error });
  }
}

function remedyOf({ problem }: BridgeError, { env }: BridgeChoice, { logFile }: BridgeOptions): string {
  if (isRunningServer(env)) return `A token is taken from ${TOKEN_VARIABLE}.`;
  if (problem === 'python')
    return `Name the Python that has the simulator with --python or ${PYTHON_VARIABLE}; docs/isaac.md says what to install there.`;
  return logFile === undefined
    ? 'Run again with --verbose for what the server printed.'
    : `What the server printed is in ${logFile}.`;
}
