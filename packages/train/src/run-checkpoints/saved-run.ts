import path from 'node:path';

import type { VectorEnvState } from '@meow-rl/envs';
import { replayStore } from '@meow-rl/replay/node';

import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { AgentState } from '../contracts/savable.ts';
import type { LogPosition } from '../loggers/run-logger.ts';
import type { ObservationNormalizer } from '../normalizers/observation-normalizer.ts';
import type { RewardScaler } from '../normalizers/reward-scaler.ts';
import type { OffPolicyState } from '../off-policy-state.ts';
import { CheckpointError } from './checkpoint-error.ts';

/** What a checkpoint of a run holds as plain JSON. That nobody has changed it since, its checksums say. */
export interface SavedRun {
  readonly loop: OffPolicyState;
  readonly agent: AgentState['values'];
  /** Null where the environments don't give it. */
  readonly env: VectorEnvState | null;
  /** The manifest of the buffer's chunks, which the replay store checks. */
  readonly replay: unknown;
  readonly log: LogPosition;
  readonly observationNormalizer?: ReturnType<ObservationNormalizer['state']>;
  readonly rewardScaler?: ReturnType<RewardScaler['state']>;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const isSavedRun = (values: Checkpoint['values']): values is Checkpoint['values'] & SavedRun =>
  ['loop', 'agent', 'log'].every((name) => isObject(values[name])) &&
  (values['env'] === null || isObject(values['env']));

/** Where the replay buffer's chunks lie, which the checkpoints of a folder share. */
export const replayFolder = (folder: string): string => path.join(folder, 'replay');

/** How messages name a checkpoint. */
export const nameOf = (folder: string, { step }: Pick<Checkpoint, 'step'>): string =>
  `checkpoint ${path.join(folder, String(step))}`;

/**
 * What a checkpoint holds of a run.
 *
 * @throws CheckpointError if it isn't of a run
 */
export function savedRun(checkpoint: Checkpoint, folder: string): SavedRun {
  const { values } = checkpoint;
  if (isSavedRun(values)) return values;
  throw new CheckpointError({
    problem: 'no run',
    statement: `${nameOf(folder, checkpoint)} is not of a training run`,
    remedy: 'Give the folder that openRunCheckpoints wrote to.',
  });
}

/**
 * The statistics that the run's observations were standardized by, undefined if they weren't.
 *
 * @throws CheckpointError if the checkpoint isn't of a run
 */
export const savedNormalizer = (checkpoint: Checkpoint, folder: string): SavedRun['observationNormalizer'] =>
  savedRun(checkpoint, folder).observationNormalizer;

/**
 * The newest observations of a checkpoint's replay buffer, at most `rows`, row-major.
 *
 * @throws Error if the files of the buffer that hold them are damaged or missing
 */
export const savedObservations = (
  checkpoint: Checkpoint,
  folder: string,
  rows: number,
): Promise<Float32Array> =>
  replayStore(replayFolder(folder)).newestObservations(savedRun(checkpoint, folder).replay, rows);
