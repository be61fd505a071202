import { DamagedReplayError, replayStore, type ReplayStore } from '@meow-rl/replay/node';

import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import type { Savable } from '../contracts/savable.ts';
import type { LogPosition } from '../loggers/run-logger.ts';
import { CheckpointError, reasonOf } from './checkpoint-error.ts';
import { damagedCheckpoint } from './damaged-checkpoint.ts';
import type { LoopStateOf, RunParts } from './run-parts.ts';
import { agentTensors, nameOf, replayFolder, savedRollout, savedRun, type SavedRun } from './saved-run.ts';

/** Where a run whose parts were put back goes on from. */
export interface RestoredRun<P extends RunParts = RunParts> {
  readonly step: number;
  /** For `resume` of the training loop. */
  readonly loop: LoopStateOf<P>;
  /** Where the logs ended, to be cut back to. */
  readonly log: LogPosition;
  /** Knows which chunks of the buffer are saved already. */
  readonly buffers: ReplayStore;
}

/**
 * Puts the parts of a run back to where a checkpoint was saved. Nothing on the disk changes.
 *
 * @throws CheckpointError if the checkpoint is of another run or without the environments' state, with or without other running
 *   statistics than the parts, or if part of the replay buffer
 *   is damaged: then it names an earlier checkpoint that is whole
 */
export async function restoreRun<P extends RunParts>(
  folder: string,
  parts: P,
  checkpoint: Checkpoint,
): Promise<RestoredRun<P>> {
  const { agent, env, observationNormalizer, rewardScaler }: RunParts = parts;
  const { loop, log, ...saved } = savedRun(checkpoint, folder);
  const { step } = checkpoint;
  const buffers = replayStore(replayFolder(folder));
  if (!saved.env)
    throw new CheckpointError({
      problem: 'no environment state',
      statement: `${nameOf(folder, checkpoint)} has no state of ${env.id}, which gave none, so the run can't go on`,
      remedy:
        'Have the environment give its state and begin anew; restoreAgent still gives what was learned.',
    });
  expectSame({ observationNormalizer, rewardScaler }, saved, nameOf(folder, checkpoint));
  expectSameBuffer(parts, saved, nameOf(folder, checkpoint));
  restoreAgent(agent, checkpoint, folder);
  await env.restore(saved.env);
  await restoreBuffer(parts, saved, { checkpoint, folder, buffers });
  if (saved.observationNormalizer) observationNormalizer?.restore(saved.observationNormalizer);
  if (saved.rewardScaler) rewardScaler?.restore(saved.rewardScaler);
  // That the loop is the one of this buffer was checked.
  return { step, loop: loop as LoopStateOf<P>, log, buffers };
}

/** A run goes on with a buffer of the kind that it was saved with. */
function expectSameBuffer({ rollout }: RunParts, saved: Pick<SavedRun, 'rollout'>, checkpoint: string): void {
  if ((rollout === undefined) === (saved.rollout === undefined)) return;
  const [holds, expected] = saved.rollout
    ? ['a rollout', 'a rollout buffer']
    : ['a replay buffer', 'a replay buffer'];
  throw new CheckpointError({
    problem: 'other agent',
    statement: `${checkpoint} holds ${holds}`,
    remedy: `Give the run ${expected}, as when it was begun.`,
  });
}

async function restoreBuffer(
  { replay, rollout }: RunParts,
  saved: Pick<SavedRun, 'replay' | 'rollout'>,
  {
    checkpoint,
    folder,
    buffers,
  }: { readonly checkpoint: Checkpoint; readonly folder: string; readonly buffers: ReplayStore },
): Promise<void> {
  if (saved.rollout) rollout?.restore(savedRollout(saved.rollout, checkpoint.tensors));
  if (!replay) return;
  try {
    await buffers.load(saved.replay, replay);
  } catch (error) {
    if (!(error instanceof DamagedReplayError)) throw error;
    throw await damagedCheckpoint(error, folder, checkpoint.step);
  }
}

/** A run goes on with the running statistics that it was saved with, and with no others. */
function expectSame(
  parts: Pick<RunParts, 'observationNormalizer' | 'rewardScaler'>,
  saved: Pick<SavedRun, 'observationNormalizer' | 'rewardScaler'>,
  checkpoint: string,
): void {
  for (const part of ['observationNormalizer', 'rewardScaler'] as const) {
    if ((parts[part] === undefined) === (saved[part] === undefined)) continue;
    const [holds, remedy] = saved[part]
      ? ['statistics', 'Give the run one']
      : ['no statistics', 'Leave it out of the run'];
    throw new CheckpointError({
      problem: 'other agent',
      statement: `${checkpoint} holds ${holds} for ${part}`,
      remedy: `${remedy}, as when it was begun.`,
    });
  }
}

/**
 * Puts the agent of a checkpoint back: networks, optimizer, generators.
 *
 * @throws CheckpointError if the checkpoint isn't of a run, or of an agent with other settings
 */
export function restoreAgent(agent: Savable, checkpoint: Checkpoint, folder: string): void {
  const { agent: values } = savedRun(checkpoint, folder);
  try {
    agent.restore({ tensors: agentTensors(checkpoint.tensors), values });
  } catch (cause) {
    throw new CheckpointError({
      problem: 'other agent',
      statement: `${nameOf(folder, checkpoint)} does not fit the agent (${reasonOf(cause)})`,
      remedy: 'Make the agent with the settings that the run was begun with.',
      cause,
    });
  }
}
