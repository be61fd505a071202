import {
  builtinEnvs,
  clipAction,
  makeFactoryEnvs,
  prepareEnv,
  rescaleAction,
  vectorEnv,
  type Env,
  type EnvFactory,
  type EnvRegistry,
  type VectorEnv,
} from '@meow-rl/envs';
import { MUJOCO_ENV_IDS, mujocoEnvs } from '@meow-rl/envs-mujoco';
import type { MujocoEnv } from '@meow-rl/envs-mujoco';
import { makeVectorEnv } from '@meow-rl/envs-mujoco/node';
import { isMujocoEnv } from '@meow-rl/envs-mujoco/render';
import { workerVectorEnv } from '@meow-rl/envs/node';
import type { Actor } from '@meow-rl/train';

import { formatEnvReference, parseEnvReference, resolveEnvReference } from './env-reference.ts';
import {
  BRIDGE_EXAMPLES,
  bridgeHello,
  isBridge,
  openBridge,
  withActions,
  type BridgeChoice,
  type BridgeOptions,
  isRunningServer,
  takesMaxSteps,
} from './bridge.ts';
import { DEFAULT_MAX_STEPS } from './step-limit.ts';
import { UsageError } from '../cli/errors.ts';
import { loadersFor } from '../modules/import-module.ts';
import { tryUserEnvironment, userFactory } from './user-environment.ts';
import { unknownName } from '../cli/unknown-name.ts';

/** An environment as settings choose it. */
export interface EnvironmentChoice extends BridgeChoice {
  /** Id of a known one, a simulator in Python, or the URL of a module with its export: `file:///…/my-env.ts#makeEnv`. */
  readonly env: string;
}

/** What settings keep of an environment. */
export interface IdentifiedEnvironment extends EnvironmentChoice {
  /** What it calls itself; for a known one, its id. */
  readonly environment: string;
}

/** What an environment shows an agent, in its own units. */
export type Spaces = Pick<Env, 'observationSpace' | 'actionSpace'>;

// Reading the ids loads nothing.
const KNOWN_IDS: readonly string[] = [...Object.keys(builtinEnvs), ...MUJOCO_ENV_IDS];

/** Whether an id is that of an environment of MuJoCo of these packages. */
export const isMujocoEnvId = (id: string): boolean => MUJOCO_ENV_IDS.some((known) => known === id);

/** Whether an id is that of an environment of these packages. */
export const isKnownEnvironment = (id: string): boolean => KNOWN_IDS.includes(id);

const noEnvironment = (name: string) =>
  unknownName(
    'environment',
    name,
    KNOWN_IDS,
    `; or a module of your own, as ./my-env.ts#makeEnv; or a simulator in Python, as ${BRIDGE_EXAMPLES}`,
  );

/**
 * Finds the environment that a user names. One of the user's own is made, to see that it can be trained in.
 *
 * @throws UsageError for a name that stands for none, or a module that won't do
 */
export async function identifyEnvironment({
  env,
  maxSteps,
  ...simulator
}: EnvironmentChoice): Promise<IdentifiedEnvironment> {
  if (isBridge(env)) return identifyBridge({ env, ...simulatorSettings(simulator) }, maxSteps);
  if (isKnownEnvironment(env)) return { env, environment: env, ...(maxSteps !== undefined && { maxSteps }) };
  const reference = resolveEnvReference(env);
  if (!reference) throw noEnvironment(env);
  const described = await tryUserEnvironment(reference);
  if (isKnownEnvironment(described.id))
    throw new UsageError(
      `the environment of ${env} calls itself ${described.id}, which is the name of another`,
      'Give it an id of its own: folders, files and comparisons name it by that.',
    );
  const limit = maxSteps ?? (described.maxSteps === undefined ? DEFAULT_MAX_STEPS : undefined);
  return {
    env: formatEnvReference(reference),
    environment: described.id,
    ...(limit !== undefined && { maxSteps: limit }),
  };
}

/** Of settings, those of a simulator in Python. */
export const simulatorSettings = ({
  python,
  actionBound,
  simulatorDevice,
}: Omit<BridgeChoice, 'env'>): Omit<BridgeChoice, 'env'> => ({
  ...(python !== undefined && { python }),
  ...(actionBound !== undefined && { actionBound }),
  ...(simulatorDevice !== undefined && { simulatorDevice }),
});

/**
 * Refuses settings of a server that is to be started where none is.
 *
 * @throws UsageError
 */
export function checkSimulatorSettings({
  env,
  spreadEpisodes,
  ...choice
}: BridgeChoice & Pick<BridgeOptions, 'spreadEpisodes'>): void {
  const { python: _, ...given } = { ...simulatorSettings(choice), ...(spreadEpisodes && { spreadEpisodes }) };
  const [name] = Object.keys(given);
  if (name === undefined || (isBridge(env) && !isRunningServer(env))) return;
  throw new UsageError(
    `${name} is for a simulator in Python that is started, and ${env} is none`,
    isRunningServer(env) ? 'Start its server with it instead.' : 'Leave it out.',
  );
}

/** One that runs is asked what it is; one that is to be started is called as it will be. */
async function identifyBridge(choice: BridgeChoice, maxSteps?: number): Promise<IdentifiedEnvironment> {
  const isRunning = isRunningServer(choice.env);
  if (maxSteps !== undefined && !takesMaxSteps(choice.env))
    throw new UsageError(
      `--max-steps is for environments of these packages and of Gymnasium, and ${choice.env} is ${isRunning ? 'a server that runs' : 'neither'}`,
      isRunning
        ? "Start its server with it instead, which takes it for Gymnasium's environments."
        : 'Leave it out: its simulator ends its episodes itself.',
    );
  const environment = isRunning ? (await bridgeHello(choice)).task : choice.env;
  return { ...choice, environment, ...(maxSteps !== undefined && { maxSteps }) };
}

/** MuJoCo is loaded only where the id isn't one of the small ones. */
async function knownFactory(id: string): Promise<EnvFactory> {
  const small = Object.hasOwn(builtinEnvs, id);
  const registry: EnvRegistry = small ? builtinEnvs : await mujocoEnvs();
  const spec = Object.hasOwn(registry, id) ? registry[id] : undefined;
  if (!spec) throw noEnvironment(id);
  return { maxSteps: spec.maxSteps, create: async () => spec.create() };
}

async function open({ env, maxSteps }: EnvironmentChoice) {
  if (isBridge(env))
    throw new UsageError(
      `${env} runs in Python, and this needs an environment of these packages or of a module`,
      'Name one of those.',
    );
  const reference = parseEnvReference(env);
  const factory = await (reference ? userFactory(reference) : knownFactory(env));
  return { reference, factory, maxSteps: maxSteps ?? factory.maxSteps ?? DEFAULT_MAX_STEPS };
}

/** Steps after which an episode is truncated, of an environment of these packages or of a module. */
export const maxStepsOf = async (choice: EnvironmentChoice): Promise<number> => (await open(choice)).maxSteps;

/** An environment in its own units. */
export async function makeEnvironment(choice: EnvironmentChoice): Promise<Env> {
  const { factory, maxSteps } = await open(choice);
  return prepareEnv(await factory.create(), { maxSteps });
}

/** An environment as agents see it: actions in [-1, 1]. */
export const makeAgentEnv = async (choice: EnvironmentChoice): Promise<Env> =>
  rescaleAction(await makeEnvironment(choice));

/** An environment that takes the actions of `actor`, be they in [-1, 1] or in its own units. */
export const asActorSees = (env: Env, { actionSpace }: Pick<Actor, 'actionSpace'>): Env =>
  actionSpace ? clipAction(env) : rescaleAction(env);

/** Options of {@link makeVectorEnvironment}. */
export interface VectorEnvironmentOptions {
  readonly numEnvs: number;
  /** Threads to step them in, 0 for this one. */
  readonly workers: number;
  /** Whether actions are given in [-1, 1]. */
  readonly rescaleActions: boolean;
  /** Whether first episodes of a simulator in Python begin as if some of their steps were over. Default: false. */
  readonly spreadEpisodes?: boolean;
  /** Whether each rests when its episode is over, until it is reset with a seed. Default: false. */
  readonly restsAfterEpisode?: boolean;
}

/** Several environments that step together and reset in the very step that ends an episode. */
export async function makeVectorEnvironment(
  choice: IdentifiedEnvironment,
  {
    numEnvs,
    workers,
    rescaleActions,
    spreadEpisodes = false,
    restsAfterEpisode = false,
  }: VectorEnvironmentOptions,
): Promise<VectorEnv> {
  if (isBridge(choice.env)) {
    if (workers > 0)
      throw new UsageError(
        `--workers ${workers} is for environments of these packages, and ${choice.env} runs in a process of its own`,
        'Leave it out.',
      );
    return withActions(await openBridge(choice, { numEnvs, spreadEpisodes }), rescaleActions);
  }
  const { reference, factory, maxSteps } = await open(choice);
  const options = { maxSteps, rescaleActions, restsAfterEpisode };
  const autoresetMode = 'same-step';
  if (!reference) return makeVectorEnv(choice.env, numEnvs, { ...options, workers, autoresetMode });
  if (workers === 0) return vectorEnv(await makeFactoryEnvs(factory, numEnvs, options), { autoresetMode });
  const { module, exportName } = reference;
  const imports = loadersFor(module);
  const id = choice.environment;
  return workerVectorEnv({
    ...options,
    imports,
    module,
    exportName,
    factory: true,
    id,
    numEnvs,
    workers,
    autoresetMode,
  });
}

/** What training asks of a simulator in Python. */
interface Preparation extends BridgeOptions {
  /** Whether it learns from rollouts, for which the last observations of truncated episodes have to be known. */
  readonly learnsFromRollouts: boolean;
}

/**
 * Starts what takes its time: a simulator in Python, which logs into a file.
 *
 * @throws UsageError for one that won't do
 */
export async function prepareEnvironment(
  choice: EnvironmentChoice,
  { learnsFromRollouts, ...options }: Preparation,
): Promise<void> {
  if (!isBridge(choice.env)) return;
  const { finalObservations } = await bridgeHello(choice, options);
  if (finalObservations || !learnsFromRollouts) return;
  throw new UsageError(
    `${choice.env} loses the last observations of truncated episodes, whose values an algorithm that learns from rollouts needs`,
    'Train with one that learns from a replay buffer, such as --algo meow.',
  );
}

/**
 * The spaces of an environment.
 *
 * @param choice with how many are opened next, for a simulator that is started to be asked
 */
export async function spacesOf(
  choice: EnvironmentChoice & Partial<Pick<VectorEnvironmentOptions, 'numEnvs'>>,
): Promise<Spaces> {
  if (isBridge(choice.env)) {
    const { numEnvs } = choice;
    const { observation, action } = await bridgeHello(choice, numEnvs === undefined ? {} : { numEnvs });
    return { observationSpace: observation, actionSpace: action };
  }
  const env = await makeEnvironment(choice);
  env.close();
  return { observationSpace: env.observationSpace, actionSpace: env.actionSpace };
}

/** A MuJoCo task, and the environment around it. */
export interface MujocoEnvironment {
  readonly env: Env;
  readonly task: MujocoEnv;
}

/**
 * An environment with the physics inside.
 *
 * @throws UsageError if it is no MuJoCo task
 */
export async function makeMujocoEnvironment(
  choice: EnvironmentChoice,
  { rescaleActions }: Pick<VectorEnvironmentOptions, 'rescaleActions'>,
): Promise<MujocoEnvironment> {
  const { reference, factory, maxSteps } = await open(choice);
  const task = await factory.create();
  if (isMujocoEnv(task)) return { env: prepareEnv(task, { maxSteps, rescaleActions }), task };
  task.close();
  throw new UsageError(
    `${task.id} is no MuJoCo task`,
    reference
      ? 'Have its module give what mujocoEnv or a task of @meow-rl/envs-mujoco gives, without a wrapper that hides its simulation.'
      : 'Name one, such as HalfCheetah-v5.',
  );
}
