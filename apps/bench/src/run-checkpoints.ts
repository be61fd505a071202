import path from 'node:path';

import type { VectorEnv, VectorEnvState } from '@meow-rl/envs';
import type { ReplayBuffer } from '@meow-rl/replay';
import { replayStore } from '@meow-rl/replay/node';
import type {
  LogPosition,
  ObservationNormalizer,
  OffPolicyState,
  RewardScaler,
  RunLogger,
  SavableAgent,
} from '@meow-rl/train';
import { listCheckpoints, openCheckpointStore, readCheckpoint, type Checkpoint } from '@meow-rl/train/node';
import { z } from 'zod';

import { CliError } from './errors.ts';

/** Where a run keeps its checkpoints. */
export const CHECKPOINTS = 'checkpoints';
/** The replay buffer's chunks, which checkpoints share. */
const REPLAY = 'replay';

/** What a run consists of, beside the loop's own state. */
export interface RunParts {
  readonly agent: SavableAgent;
  readonly env: VectorEnv;
  readonly replay: ReplayBuffer;
  readonly observationNormalizer?: ObservationNormalizer | undefined;
  readonly rewardScaler?: RewardScaler | undefined;
}

/** What checkpoints hold as plain JSON. That nobody has changed it since, their checksums say. */
const valuesSchema = z.object({
  loop: z.custom<OffPolicyState>((value) => typeof value === 'object' && value !== null),
  agent: z.record(z.string(), z.unknown()),
  env: z.custom<VectorEnvState>((value) => typeof value === 'object' && value !== null),
  replay: z.unknown(),
  log: z.custom<LogPosition>((value) => typeof value === 'object' && value !== null),
  observationNormalizer: z.custom<ReturnType<ObservationNormalizer['state']>>().optional(),
  rewardScaler: z.custom<ReturnType<RewardScaler['state']>>().optional(),
});

/** The checkpoints of a run that is going on. */
export interface RunCheckpoints {
  /** Aborted when a checkpoint couldn't be written: the run should stop, {@link RunCheckpoints.settled} says why. */
  readonly failed: AbortSignal;
  /**
   * Saves all of a run as it stands. Fulfilled once everything is copied; writing goes on while the run does, and the next
   * call waits for it.
   *
   * @param score how good the policy is, if it has just been evaluated
   */
  save(loop: OffPolicyState, score: number | undefined): Promise<void>;
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
  readonly logger: Required<Pick<RunLogger, 'position'>>;
  /** The checkpoint to go on from, whose state the parts are put in. */
  readonly resume?: Checkpoint | undefined;
}

/**
 * Opens the checkpoints of a run in a folder, and puts the run's parts back to where it is to go on from.
 *
 * @throws Error if a part of the saved state is damaged or of another run
 */
export async function openRunCheckpoints(
  folder: string,
  parts: RunParts,
  { keepLast, logger, resume }: RunCheckpointsOptions,
): Promise<RunCheckpoints> {
  const { agent, env, replay, observationNormalizer, rewardScaler } = parts;
  const buffers = replayStore(path.join(folder, REPLAY));
  if (resume) {
    const values = valuesOf(resume, folder);
    restoreAgent(agent, resume, folder);
    await env.restore(values.env);
    await buffers.load(values.replay, replay);
    if (values.observationNormalizer) observationNormalizer?.restore(values.observationNormalizer);
    if (values.rewardScaler) rewardScaler?.restore(values.rewardScaler);
  }
  // Opened only now: what is newer than the checkpoint to go on from is deleted once that is known to be sound.
  const store = await openCheckpointStore(folder, { keepLast, discardAfter: resume?.step ?? -1 });
  const failure = new AbortController();
  let writing: Promise<void> = Promise.resolve();

  return {
    failed: failure.signal,
    async save(loop, score) {
      await writing;
      const log = await logger.position();
      const environments = await env.state();
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
        await buffers.prune(kept.map((own) => own.values['replay']));
      })();
      // Told again by whoever waits for it next.
      writing.catch((error: unknown) => failure.abort(error));
    },
    settled: () => writing,
  };
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
export function restoreAgent(agent: SavableAgent, checkpoint: Checkpoint, folder: string): void {
  try {
    agent.restore({ tensors: checkpoint.tensors, values: valuesOf(checkpoint, folder).agent });
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(
      `checkpoint ${path.join(folder, String(checkpoint.step))} does not fit the networks in config.json (${error instanceof Error ? error.message : String(error)})`,
      'Restore the config.json of that run.',
      { cause: error },
    );
  }
}

/** Where the loop of a run stood. */
export const savedLoop = (checkpoint: Checkpoint, folder: string): OffPolicyState =>
  valuesOf(checkpoint, folder).loop;

/** The statistics that the run's observations were standardized by, undefined if they weren't. */
export const savedNormalizer = (checkpoint: Checkpoint, folder: string) =>
  valuesOf(checkpoint, folder).observationNormalizer;

/** Where the log files of a run ended when a checkpoint was saved. */
export const savedLogPosition = (checkpoint: Checkpoint, folder: string): LogPosition =>
  valuesOf(checkpoint, folder).log;

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
    throw withOthers(error, step, steps, flag);
  }
}

/** Adds to an error about a checkpoint what else could be taken, and what that would lose. */
export function withOthers(error: unknown, step: number, steps: readonly number[], flag: string): CliError {
  const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
  const earlier = steps.find((own) => own < step);
  return new CliError(
    reason,
    earlier === undefined
      ? 'There is no earlier checkpoint; train anew with --force.'
      : `Take ${earlier} with ${flag} ${earlier}: ${step - earlier} steps are then lost.`,
    { cause: error },
  );
}

async function bestStep(folder: string, steps: readonly number[]): Promise<number | undefined> {
  let best: { step: number; score: number } | undefined;
  for (const step of steps) {
    // A damaged one can't be the best.
    const score = (await readCheckpoint(path.join(folder, String(step))).catch(() => undefined))?.score;
    if (score !== undefined && (best === undefined || score > best.score)) best = { step, score };
  }
  return best?.step ?? steps[0];
}
