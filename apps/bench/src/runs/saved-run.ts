import path from 'node:path';

import {
  chooseCheckpoint,
  restoreAgent,
  savedNormalizer,
  savedObservations,
  type CheckpointChoice,
} from '@meow-rl/train/node';

import { recordedSettings } from '../algorithms/agent-settings.ts';
import { parseTrainSettings } from './train-settings.ts';
import { mergeConfig, type RawConfig } from '../cli/config-file.ts';
import { isBridge } from '../environments/bridge.ts';
import type { EnvironmentChoice } from '../environments/environments.ts';
import { CliError, reasonOf, UsageError } from '../cli/errors.ts';
import { resolveTrain } from './resolve.ts';
import type { ResolvedTrain } from './resolve.ts';
import { adoptPolicy, createRunAgent, type RunAgent } from './run-agent.ts';
import { expectNoneSaved } from './missing-checkpoints.ts';
import { CHECKPOINTS, explainCheckpoint, withExplanation } from './run-checkpoints.ts';
import { CONFIG } from './run-files.ts';
import { readRunConfig } from './run-folder.ts';

/** A run, with its agent as it was at one of its checkpoints. */
export interface SavedRun {
  readonly settings: ResolvedTrain;
  readonly agent: RunAgent;
  readonly step: number;
  /**
   * The newest observations of its replay buffer, at most `rows`, row-major.
   *
   * @throws Error if the files of the buffer that hold them are damaged or missing
   */
  observations(rows: number): Promise<Float32Array>;
}

/**
 * The settings of a run.
 *
 * @param changes laid over them; an environment that is replaced needn't be there any more
 */
export async function readRunSettings(folder: string, changes: RawConfig = {}): Promise<ResolvedTrain> {
  const raw = mergeConfig(recordedSettings(await readRunConfig(folder)), changes);
  return resolveTrain(parseTrainSettings(raw, path.join(folder, CONFIG)));
}

/** `last`, `best`, or the step of a checkpoint. */
function choiceOf(text: string): CheckpointChoice {
  if (text === 'last' || text === 'best') return text;
  const step = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(step)) return step;
  throw new UsageError(`--checkpoint can't be ${JSON.stringify(text)}`, 'Give last, best, or a step.');
}

/** What {@link openRun} may be told. */
export interface OpenRunOptions {
  readonly threads?: number;
  /** Plays there instead of in the run's own. */
  readonly environment?: Partial<EnvironmentChoice>;
  /** Default: `last`. */
  readonly checkpoint?: string;
}

/** Laid over what a run has recorded to play in an environment: what is of another one alone goes, unless it is given. */
function playingIn(recorded: RawConfig, environment: Partial<EnvironmentChoice> = {}): RawConfig {
  const { env } = environment;
  const isAnother = env !== undefined && env !== recorded['env'];
  return {
    // Where evaluations of training play.
    evaluationEnv: undefined,
    // A simulator in Python has a limit of its own.
    ...(isAnother && isBridge(env) && { maxSteps: undefined }),
    // Servers refuse them where the actions of a task have bounds, or it runs on no device.
    ...(isAnother && { actionBound: undefined, simulatorDevice: undefined }),
    ...environment,
  };
}

/**
 * Opens the run in a folder, finished or not. The caller disposes of the agent.
 *
 * @throws CliError if the folder holds no run, or the checkpoint is damaged or isn't there, or all of them are missing
 */
export async function openRun(
  folder: string,
  { checkpoint = 'last', environment, ...overrides }: OpenRunOptions = {},
): Promise<SavedRun> {
  const choice = choiceOf(checkpoint);
  const settings = await readRunSettings(folder, playingIn(await readRunConfig(folder), environment));
  const checkpoints = path.join(folder, CHECKPOINTS);
  const saved = await withExplanation(chooseCheckpoint(checkpoints, choice), '--checkpoint');
  if (!saved) {
    await expectNoneSaved(folder, settings);
    throw new CliError(
      `${folder} has no checkpoint: the run was stopped before its first one`,
      `Train it with: meow-bench train --resume ${folder}`,
    );
  }
  // It only acts: threads to learn in would be started for nothing, and the engine that it learned on needn't be here.
  const agent = await createRunAgent({ ...settings, ...overrides, learnerThreads: 0, engine: 'onnxruntime' });
  try {
    restoreAgent(agent.unwrapped, saved, checkpoints);
    const moments = savedNormalizer(saved, checkpoints);
    if (moments) agent.observationNormalizer?.restore(moments);
    adoptPolicy(agent, settings);
    return {
      settings,
      agent,
      step: saved.step,
      observations: (rows) => savedObservations(saved, checkpoints, rows),
    };
  } catch (error) {
    await agent.unwrapped.dispose();
    if (environment?.env === undefined || !(error instanceof Error))
      throw explainCheckpoint(error, '--checkpoint');
    throw new UsageError(
      `the agent of ${folder} does not fit ${settings.environment} (${reasonOf(error.cause ?? error)})`,
      'Name the environment that it was trained in, or leave --env out.',
      { cause: error },
    );
  }
}
