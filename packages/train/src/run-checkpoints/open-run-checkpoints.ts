import type { FileSystem } from '@meow-rl/files';
import { replayStore } from '@meow-rl/replay/node';

import { openCheckpointStore } from '../checkpoints/checkpoint-store.ts';
import { listCheckpoints } from '../checkpoints/checkpoint.ts';
import type { RunLogger } from '../loggers/run-logger.ts';
import { CheckpointError, reasonOf } from './checkpoint-error.ts';
import type { RestoredRun } from './restore-run.ts';
import type { LoopStateOf, RunParts } from './run-parts.ts';
import { replayFolder, rolloutTensors, type SavedRun } from './saved-run.ts';

/** What {@link RunCheckpoints.save} may be told. */
export interface SaveOptions {
  /** Says where the logs end, which the run is to be gone on with from there. Default: there are none to cut back. */
  readonly logger?: Pick<RunLogger, 'position'>;
  /** How good the policy is, if it has just been evaluated: the best checkpoint stays. */
  readonly score?: number | undefined;
}

/** The checkpoints of a run that is going on. */
export interface RunCheckpoints<P extends RunParts = RunParts> {
  /** Aborted when a checkpoint couldn't be written: the run should stop, {@link RunCheckpoints.settled} says why. */
  readonly failed: AbortSignal;
  /**
   * Saves all of a run as it stands. Fulfilled once everything is copied; writing goes on while the run does, and the next
   * call waits for it.
   *
   * @param loop what the training loop hands over
   * @throws Error if the one before couldn't be written
   */
  save(loop: LoopStateOf<P>, options?: SaveOptions): Promise<void>;
  /**
   * Waits until everything is written.
   *
   * @throws Error if something couldn't be
   */
  settled(): Promise<void>;
}

/** What {@link openRunCheckpoints} may be told. */
export interface RunCheckpointsOptions {
  /** The newest ones that stay beside the best. Default: 3. */
  readonly keepLast?: number;
  /** Whether the environments give their state, to be saved; without it a run that goes on resets them. Default: true. */
  readonly withEnvironments?: boolean;
  /** What the run is trained with, as plain JSON, to be kept in each checkpoint: `savedSettings` gives it. Default: nothing is kept. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  /** Where the run's parts were put back from, if they were: what `restoreRun` returned. */
  readonly restored?: Pick<RestoredRun, 'step' | 'buffers'> | undefined;
  /** Default: Node's files. */
  readonly files?: FileSystem | undefined;
}

/**
 * Opens the checkpoints of a run in a folder for writing. Those after the one that it was put back to are deleted, they
 * belong to a future that is made anew.
 *
 * @throws CheckpointError if the folder holds checkpoints and none was restored
 * @throws Error if the environments give no state, though it is to be saved: here, and not hours later at the first save
 */
export async function openRunCheckpoints<P extends RunParts>(
  folder: string,
  parts: P,
  { keepLast = 3, withEnvironments = true, settings, restored, files }: RunCheckpointsOptions = {},
): Promise<RunCheckpoints<P>> {
  const { agent, env, replay, rollout, observationNormalizer, rewardScaler }: RunParts = parts;
  if (!restored) await expectFree(folder);
  if (withEnvironments) await expectState(env);
  const buffers = restored?.buffers ?? replayStore(replayFolder(folder), { files });
  const store = await openCheckpointStore(folder, { keepLast, discardAfter: restored?.step ?? -1, files });
  const failure = new AbortController();
  let writing: Promise<void> = Promise.resolve();

  return {
    failed: failure.signal,
    async save(loop, { logger, score } = {}) {
      await writing;
      const log = (await logger?.position?.()) ?? {};
      const environments = withEnvironments ? await env.state() : null;
      const { tensors, values } = agent.state();
      const saved: Omit<SavedRun, 'replay'> = {
        loop,
        agent: values,
        env: environments,
        log,
        ...(settings && { settings }),
        ...(observationNormalizer && { observationNormalizer: observationNormalizer.state() }),
        ...(rewardScaler && { rewardScaler: rewardScaler.state() }),
      };
      const held = rollout?.state();
      const { columns: _, ...begun } = held ?? {};
      const chunks = replay && buffers.save(replay);
      writing = (async () => {
        const manifest = await chunks;
        const kept = await store.save({
          step: loop.step,
          ...(score === undefined ? {} : { score }),
          values: { ...saved, ...(manifest && { replay: manifest }), ...(held && { rollout: begun }) },
          tensors: { ...tensors, ...(held && rolloutTensors(held)) },
        });
        // One that can't be read may need any of them, and be read another day.
        if (replay && store.unread.length === 0)
          await buffers.prune(kept.map((checkpoint) => checkpoint.values['replay']));
      })();
      // Told again by whoever waits for it next.
      writing.catch((error: unknown) => failure.abort(error));
    },
    settled: () => writing,
  };
}

async function expectState(env: RunParts['env']): Promise<void> {
  try {
    await env.state();
  } catch (error) {
    throw new Error(
      `openRunCheckpoints: the environments can't be saved (${reasonOf(error)}). ` +
        'Or open with { withEnvironments: false }: a run that goes on then begins new episodes.',
      { cause: error },
    );
  }
}

/** Opening deletes what is later than the run's beginning: that must not be another run. */
async function expectFree(folder: string): Promise<void> {
  const [newest] = await listCheckpoints(folder);
  if (newest === undefined) return;
  throw new CheckpointError({
    problem: 'occupied',
    statement: `${folder} holds the checkpoints of a run, up to step ${newest}`,
    remedy:
      'Go on with it: chooseCheckpoint, restoreRun, then { restored }. Or give another folder, or deleteCheckpoints first.',
  });
}
