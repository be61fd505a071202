import path from 'node:path';

import type { VectorEnvState } from '@meow-rl/envs';
import { rolloutBuffer, type RolloutBufferState } from '@meow-rl/replay';
import { replayStore } from '@meow-rl/replay/node';
import type { NamedTensors } from '@meow-rl/safetensors';

import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { AgentState } from '../contracts/savable.ts';
import type { LogPosition } from '../loggers/run-logger.ts';
import type { ObservationNormalizer } from '../normalizers/observation-normalizer.ts';
import type { RewardScaler } from '../normalizers/reward-scaler.ts';
import type { OffPolicyState } from '../off-policy-state.ts';
import type { OnPolicyState } from '../on-policy-state.ts';
import { CheckpointError } from './checkpoint-error.ts';

/** What a checkpoint of a run holds as plain JSON. That nobody has changed it since, its checksums say. */
export interface SavedRun {
  readonly loop: OffPolicyState | OnPolicyState;
  readonly agent: AgentState['values'];
  /** Null where the environments don't give it. */
  readonly env: VectorEnvState | null;
  /** The manifest of the replay buffer's chunks, which its store checks; absent where there is none. */
  readonly replay?: unknown;
  /** The rollout that had begun, but for its numbers, which are among the tensors; absent where there is a replay buffer. */
  readonly rollout?: Omit<RolloutBufferState, 'columns'>;
  readonly log: LogPosition;
  /** What the run was trained with; absent where nobody said it. */
  readonly settings?: Readonly<Record<string, unknown>>;
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
 * What the run was trained with up to a checkpoint, undefined if nobody said it.
 *
 * @throws CheckpointError if the checkpoint isn't of a run
 */
export const savedSettings = (checkpoint: Checkpoint, folder: string): SavedRun['settings'] =>
  savedRun(checkpoint, folder).settings;

/**
 * The newest observations of a checkpoint's buffer, at most `rows`, row-major.
 *
 * @throws Error if the files of the buffer that hold them are damaged or missing
 */
export const savedObservations = async (
  checkpoint: Checkpoint,
  folder: string,
  rows: number,
): Promise<Float32Array> => {
  const { replay, rollout } = savedRun(checkpoint, folder);
  if (!rollout) return replayStore(replayFolder(folder)).newestObservations(replay, rows);
  const buffer = rolloutBuffer(rollout);
  buffer.restore(savedRollout(rollout, checkpoint.tensors));
  return buffer.newestObservations(rows);
};

const ROLLOUT = 'rollout/';

/** The numbers of a rollout as tensors of a checkpoint, beside the agent's. */
export const rolloutTensors = ({ columns }: RolloutBufferState): NamedTensors =>
  Object.fromEntries(
    Object.entries(columns).map(([name, data]) => [`${ROLLOUT}${name}`, { shape: [data.length], data }]),
  );

/** The tensors of a checkpoint that are the agent's. */
export const agentTensors = (tensors: NamedTensors): NamedTensors =>
  Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith(ROLLOUT)));

/** A saved rollout, put together again. */
export function savedRollout(
  saved: NonNullable<SavedRun['rollout']>,
  tensors: NamedTensors,
): RolloutBufferState {
  const column = (name: keyof RolloutBufferState['columns']) =>
    Float32Array.from(tensors[`${ROLLOUT}${name}`]?.data ?? []);
  return {
    ...saved,
    columns: {
      observations: column('observations'),
      actions: column('actions'),
      logProbs: column('logProbs'),
      values: column('values'),
      rewards: column('rewards'),
      nextValues: column('nextValues'),
    },
  };
}
