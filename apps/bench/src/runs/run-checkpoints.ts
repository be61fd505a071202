import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';

import type { FileSystem } from '@meow-rl/files';
import type { VectorEnv, VectorEnvState } from '@meow-rl/envs';
import type { ReplayBuffer } from '@meow-rl/replay';
import { DamagedReplayError, replayStore, type ReplayStore } from '@meow-rl/replay/node';
import type {
  LogPosition,
  ObservationNormalizer,
  OffPolicyState,
  RewardScaler,
  RunLogger,
  Savable,
} from '@meow-rl/train';
import {
  CHECKPOINT_FILES,
  bestCheckpoint,
  listCheckpoints,
  openCheckpointStore,
  readCheckpoint,
  type Checkpoint,
} from '@meow-rl/train/node';
import { z } from 'zod';

import { CliError, hasCode, reasonOf, UsageError } from '../cli/errors.ts';
import { removeEmpty } from '../files/remove-empty.ts';

/** Where a run keeps its checkpoints. */
export const CHECKPOINTS = 'checkpoints';
/** The replay buffer's chunks, which checkpoints share. */
const REPLAY = 'replay';

/** What a run consists of, beside the loop's own state. */
export interface RunParts {
  readonly agent: Savable;
  readonly env: VectorEnv;
  readonly replay: ReplayBuffer;
  readonly observationNormalizer?: ObservationNormalizer | undefined;
  readonly rewardScaler?: RewardScaler | undefined;
}

/** What checkpoints hold as plain JSON. That nobody has changed it since, their checksums say. */
const valuesSchema = z.object({
  loop: z.custom<OffPolicyState>((value) => typeof value === 'object' && value !== null),
  agent: z.record(z.string(), z.unknown()),
  // None where the environments don't give it.
  env: z.custom<VectorEnvState>((value) => typeof value === 'object' && value !== null).nullable(),
  replay: z.unknown(),
  log: z.custom<LogPosition>((value) => typeof value === 'object' && value !== null),
  observationNormalizer: z.custom<ReturnType<ObservationNormalizer['state']>>().optional(),
  rewardScaler: z.custom<ReturnType<RewardScaler['state']>>().optional(),
});

/** The checkpoints of a run that is going on. */
export interface RunCheckpoints {
  /** Whether a run can go on from them; where not, they still have all of its agent. */
  readonly resumable: boolean;
  /** Aborted when a checkpoint couldn't be written: the run should stop, {@link RunCheckpoints.settled} says why. */
  readonly failed: AbortSignal;
  /**
   * Saves all of a run as it stands. Fulfilled once everything is copied; writing goes on while the run does, and the next
   * call waits for it.
   *
   * @param logger says where the logs end, which the run is to be gone on with from there
   * @param score how good the policy is, if it has just been evaluated
   */
  save(
    loop: OffPolicyState,
    logger: Required<Pick<RunLogger, 'position'>>,
    score: number | undefined,
  ): Promise<void>;
  /**
   * Waits until everything is written.
   *
   * @throws Error if something couldn't be
   */
  settled(): Promise<void>;
}

/** What {@link openRunCheckpoints} needs to know. */
export interface RunCheckpointsOptions {
  readonly keepLast: number;
  /** Whether the environments give their state, to be saved. */
  readonly resumable: boolean;
  /** Where the run's parts were put back from, if they were. */
  readonly restored?: RestoredRun | undefined;
  /** Default: Node's files. */
  readonly files?: FileSystem | undefined;
}

/** A run's parts as they were when a checkpoint was saved. */
export interface RestoredRun {
  readonly step: number;
  readonly loop: OffPolicyState;
  readonly log: LogPosition;
  /** Knows which chunks of the buffer are saved already. */
  readonly buffers: ReplayStore;
}

/**
 * Puts the parts of a run back to where a checkpoint was saved. Nothing on the disk changes.
 *
 * @throws CliError if the checkpoint is of another run, or if part of the replay buffer is damaged: then it names an earlier
 *   checkpoint that is whole
 */
export async function restoreRun(
  folder: string,
  parts: RunParts,
  checkpoint: Checkpoint,
): Promise<RestoredRun> {
  const { agent, env, replay, observationNormalizer, rewardScaler } = parts;
  const { loop, log, ...values } = valuesOf(checkpoint, folder);
  const buffers = replayStore(path.join(folder, REPLAY));
  if (!values.env)
    throw new CliError(
      `checkpoint ${path.join(folder, String(checkpoint.step))} has no state of ${env.id}, which gave none, so the run can't go on`,
      'Evaluate or export it; or have the environment give its state, as docs/environments.md says, and train anew with --force.',
    );
  restoreAgent(agent, checkpoint, folder);
  await env.restore(values.env);
  try {
    await buffers.load(values.replay, replay);
  } catch (error) {
    if (!(error instanceof DamagedReplayError)) throw error;
    throw await withEarlier(error, folder, checkpoint.step, '--from');
  }
  if (values.observationNormalizer) observationNormalizer?.restore(values.observationNormalizer);
  if (values.rewardScaler) rewardScaler?.restore(values.rewardScaler);
  return { step: checkpoint.step, loop, log, buffers };
}

/**
 * Opens the checkpoints of a run in a folder for writing. Those after the one that it was put back to are deleted, they
 * belong to a future that is made anew.
 */
export async function openRunCheckpoints(
  folder: string,
  parts: RunParts,
  { keepLast, resumable, restored, files }: RunCheckpointsOptions,
): Promise<RunCheckpoints> {
  const { agent, env, replay, observationNormalizer, rewardScaler } = parts;
  const buffers = restored?.buffers ?? replayStore(path.join(folder, REPLAY), { files });
  const store = await openCheckpointStore(folder, { keepLast, discardAfter: restored?.step ?? -1, files });
  const failure = new AbortController();
  let writing: Promise<void> = Promise.resolve();

  return {
    resumable,
    failed: failure.signal,
    async save(loop, logger, score) {
      await writing;
      const log = await logger.position();
      const environments = resumable ? await env.state() : null;
      const { tensors, values } = agent.state();
      const saved = {
        loop,
        agent: values,
        env: environments,
        log,
        ...(observationNormalizer && { observationNormalizer: observationNormalizer.state() }),
        ...(rewardScaler && { rewardScaler: rewardScaler.state() }),
      };
      const replayed = buffers.save(replay);
      writing = (async () => {
        const manifest = await replayed;
        const kept = await store.save({
          step: loop.step,
          ...(score === undefined ? {} : { score }),
          values: { ...saved, replay: manifest },
          tensors,
        });
        // One that can't be read may need any of them, and be read another day.
        if (store.unread.length === 0) await buffers.prune(kept.map((own) => own.values['replay']));
      })();
      // Told again by whoever waits for it next.
      writing.catch((error: unknown) => failure.abort(error));
    },
    settled: () => writing,
  };
}

/**
 * Deletes the checkpoints of a run, and nothing else in their folder.
 *
 * @throws UsageError if a checkpoint's own folder holds something else; then nothing is deleted
 */
export async function deleteCheckpoints(folder: string): Promise<void> {
  const steps = await listCheckpoints(folder);
  for (const step of steps) await checkOnlyCheckpoint(path.join(folder, String(step)));
  const replay = path.join(folder, REPLAY);
  if (!existsSync(folder)) return;
  await openCheckpointStore(folder, { discardAfter: -1 });
  if (existsSync(replay)) await replayStore(replay).prune([]);
  await removeEmpty(replay);
  await removeEmpty(folder);
}

async function checkOnlyCheckpoint(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOTDIR')) return [''];
    throw error;
  });
  const other = names.find((name) => !CHECKPOINT_FILES.includes(name));
  if (other === undefined) return;
  throw new UsageError(
    `${path.join(folder, other)} is no part of a checkpoint, which would be deleted with it`,
    'Move it elsewhere.',
  );
}

function valuesOf({ values, step }: Checkpoint, folder: string): z.output<typeof valuesSchema> {
  const { success, data } = valuesSchema.safeParse(values);
  if (success) return data;
  throw new CliError(
    `checkpoint ${path.join(folder, String(step))} is not of a training run`,
    'Give the folder of a run that "meow-bench train" wrote.',
  );
}

/** Puts the agent of a checkpoint back: networks, optimizer, generators. */
export function restoreAgent(agent: Savable, checkpoint: Checkpoint, folder: string): void {
  try {
    agent.restore({ tensors: checkpoint.tensors, values: valuesOf(checkpoint, folder).agent });
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(
      `checkpoint ${path.join(folder, String(checkpoint.step))} does not fit the networks in config.json (${reasonOf(error)})`,
      'Restore the config.json of that run.',
      { cause: error },
    );
  }
}

/** The statistics that the run's observations were standardized by, undefined if they weren't. */
export const savedNormalizer = (checkpoint: Checkpoint, folder: string) =>
  valuesOf(checkpoint, folder).observationNormalizer;

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
  replayStore(path.join(folder, REPLAY)).newestObservations(valuesOf(checkpoint, folder).replay, rows);

/** Which checkpoint of a run to take. */
export type CheckpointChoice = 'last' | 'best' | number;

/**
 * Reads a checkpoint of a run, checking every byte.
 *
 * @returns undefined if there is none to choose from
 * @throws CliError if the one chosen is damaged or isn't there, naming those that could be taken instead
 */
export async function chooseCheckpoint(
  folder: string,
  choice: CheckpointChoice,
  flag: string,
): Promise<Checkpoint | undefined> {
  const steps = await listCheckpoints(folder);
  if (steps.length === 0) return undefined;
  const step = choice === 'best' ? await bestStep(folder, steps) : choice === 'last' ? steps[0] : choice;
  if (step === undefined || !steps.includes(step))
    throw new CliError(`${folder} has no checkpoint ${step ?? choice}`, `It has ${steps.join(', ')}.`);
  try {
    return await readCheckpoint(path.join(folder, String(step)));
  } catch (error) {
    throw await withEarlier(error, folder, step, flag);
  }
}

/**
 * Adds to an error about a checkpoint which earlier one is whole, and what taking that would lose.
 *
 * @param fits whether the logs are still there up to a position; default: not asked
 */
export async function withEarlier(
  error: unknown,
  folder: string,
  step: number,
  flag: string,
  fits?: (log: LogPosition) => Promise<boolean>,
): Promise<CliError> {
  const earlier = await newestWhole(folder, step, fits);
  return new CliError(
    reasonOf(error),
    earlier === undefined
      ? 'No earlier checkpoint is whole; train anew with --force.'
      : `Take ${earlier} with ${flag} ${earlier}: ${step - earlier} steps are then lost.`,
    { cause: error },
  );
}

/** The newest checkpoint before a step of which every file is there and sound. */
async function newestWhole(
  folder: string,
  before: number,
  fits?: (log: LogPosition) => Promise<boolean>,
): Promise<number | undefined> {
  const buffers = replayStore(path.join(folder, REPLAY));
  for (const step of await listCheckpoints(folder)) {
    if (step >= before) continue;
    try {
      const checkpoint = await readCheckpoint(path.join(folder, String(step)));
      const { replay, log } = valuesOf(checkpoint, folder);
      await buffers.check(replay);
      if (fits && !(await fits(log))) continue;
      return step;
    } catch {
      // Nothing to go on from; the next one may be.
    }
  }
  return undefined;
}

async function bestStep(folder: string, steps: readonly number[]): Promise<number | undefined> {
  const readable: Pick<Checkpoint, 'step' | 'score'>[] = [];
  for (const own of steps) {
    // A damaged one can't be the best.
    const checkpoint = await readCheckpoint(path.join(folder, String(own))).catch(() => undefined);
    // Without the tensors, which take memory.
    if (checkpoint)
      readable.push({ step: own, ...(checkpoint.score !== undefined && { score: checkpoint.score }) });
  }
  return bestCheckpoint(readable)?.step ?? steps[0];
}
