import { loadPolicy } from '@meow-rl/export';
import type { Actor } from '@meow-rl/train';

import { isBridge } from '../environments/bridge.ts';
import {
  checkSimulatorSettings,
  identifyEnvironment,
  isKnownEnvironment,
  simulatorSettings,
  spacesOf,
} from '../environments/environments.ts';
import type { EnvironmentChoice, IdentifiedEnvironment } from '../environments/environments.ts';
import { UsageError } from '../cli/errors.ts';
import { policyActor } from './policy-actor.ts';
import { readRunConfig } from '../runs/run-folder.ts';
import { openRun } from '../runs/saved-run.ts';

/** A trained policy, from a run's folder or an exported file. */
export interface LoadedPolicy {
  /** Its actions are in [-1, 1], or in the environment's units where it has an action space. */
  readonly actor: Actor;
  /** Name of the algorithm that trained it. */
  readonly algorithm: string;
  /** Where it is to play. */
  readonly playground: IdentifiedEnvironment;
  /** Environment steps that it was trained for. */
  readonly step: number;
}

/** What {@link openPolicy} may be told. */
export interface OpenPolicyOptions extends Partial<EnvironmentChoice> {
  readonly threads: number;
  readonly checkpoint?: string;
}

/**
 * Opens what a command was given to play with. The caller disposes of the actor.
 *
 * @param source folder of a run, or an exported policy.onnx
 * @throws UsageError if it is neither, was trained in an environment that isn't known and none is given, or is to play with settings of a
 *   simulator where none is started
 */
export async function openPolicy(source: string, options: OpenPolicyOptions): Promise<LoadedPolicy> {
  const { threads, checkpoint, env, maxSteps } = options;
  const chosen = {
    ...(env !== undefined && { env }),
    ...(maxSteps !== undefined && { maxSteps }),
    ...simulatorSettings(options),
  };
  if (!source.endsWith('.onnx')) {
    checkSimulatorSettings({ env: String((await readRunConfig(source))['env']), ...chosen });
    const { agent, settings, step } = await openRun(source, {
      threads,
      environment: chosen,
      ...(checkpoint !== undefined && { checkpoint }),
    });
    return { actor: agent.agent, algorithm: agent.agent.algorithm, playground: settings, step };
  }
  if (checkpoint !== undefined && checkpoint !== 'last')
    throw new UsageError(
      `${source} is an exported policy, and checkpoint ${checkpoint} is of a run`,
      'Leave --checkpoint out, or give the folder of the run.',
    );
  const policy = await loadPolicy(source, { threads });
  const { algorithm, environment, trainingSteps } = policy.metadata;
  if (env === undefined && !isKnownEnvironment(environment) && !isBridge(environment))
    throw new UsageError(
      `${source} was trained in ${environment}, which is none of the known environments`,
      'Name the module that makes it, as in --env ./my-env.ts#makeEnv.',
    );
  checkSimulatorSettings({ env: environment, ...chosen });
  const playground = await identifyEnvironment({ env: environment, ...chosen });
  const actor = policyActor(policy, { id: playground.environment, ...(await spacesOf(playground)) });
  return { actor, algorithm, playground, step: trainingSteps };
}
