import { rm } from 'node:fs/promises';

import { chooseCheckpoint, listCheckpoints, savedSettings } from '@meow-rl/train/node';

import type { RawConfig } from '../cli/config-file.ts';
import { UsageError } from '../cli/errors.ts';
import { checkSimulatorSettings } from '../environments/environments.ts';
import { expectEngine } from './engines.ts';
import { finishRun } from './finish-run.ts';
import { expectNoneSaved } from './missing-checkpoints.ts';
import type { ResolvedTrain } from './resolve.ts';
import {
  changedSettings,
  changesOnResume,
  checkSavedSettings,
  describeChanges,
  recordChanges,
} from './resume-settings.ts';
import type { Changes } from './resume-settings.ts';
import { CHECKPOINTS, withExplanation } from './run-checkpoints.ts';
import { SUMMARY } from './run-files.ts';
import { openRunFolder, type RunFolder } from './run-folder.ts';
import { readRunSettings } from './saved-run.ts';
import type { Ui } from '../cli/ui.ts';
import { withOpen } from '../files/with-open.ts';

/** What the command line says about how to go on. */
export interface ResumeOptions {
  /** Step of the checkpoint. Default: the newest. */
  readonly from: number | undefined;
  /** Begins the logs anew. */
  readonly newLog: boolean;
  /** Settings of file and flags. */
  readonly given: RawConfig;
}

/**
 * Goes on with a run that was stopped, or with more steps than it was begun with: to the bits that it would have had.
 *
 * @throws UsageError for a setting that can't change, fewer steps than are done, or checkpoints that are missing; then nothing has changed
 */
export const resumeTraining = (run: string, options: ResumeOptions, ui: Ui): Promise<void> =>
  withOpen(async (open) => resumeIn(open(await openRunFolder(run)), options, ui));

async function resumeIn(folder: RunFolder, { from, newLog, given }: ResumeOptions, ui: Ui): Promise<void> {
  const run = folder.path;
  const recorded = await readRunSettings(run);
  const changes = changesOnResume(run, recorded, given);
  const settings = await readRunSettings(run, changedSettings(changes));
  if (changes['simulatorDevice']) checkSimulatorSettings(settings);
  await expectEngine(settings, run);
  const changed = Object.keys(changes).length > 0;
  const path = folder.file(CHECKPOINTS);
  const checkpoint = await withExplanation(chooseCheckpoint(path, from), { resumed: run });
  if (!checkpoint) {
    await expectNoneSaved(run, recorded);
    if (from !== undefined)
      throw new UsageError(`${run} has no checkpoint ${from}`, 'Leave --from out to begin it anew.');
    ui.warn(`${run} was stopped before its first checkpoint; it begins anew`);
    await folder.clear();
    if (changed) await recordChanges(folder, settings, changes, 0);
    return finishRun({ settings, folder, ui });
  }
  const { step } = checkpoint;
  checkSavedSettings(run, settings, savedSettings(checkpoint, path), step);
  const steps = await listCheckpoints(path);
  checkSteps(run, settings, changes, step, steps);
  const finished = step >= settings.steps;
  const newest = steps[0] ?? step;
  if (newest > step) ui.warn(`${newest - step} steps after checkpoint ${step} are trained again`);
  const how = changed ? `, with ${describeChanges(changes)}` : '';
  ui.info(
    `Resuming ${settings.algo} on ${settings.environment}, seed ${settings.seed}, at step ${step}, in ${run}${how}`,
  );
  return finishRun({
    settings,
    folder,
    ui,
    resume: checkpoint,
    newLog,
    begin: async () => {
      if (finished && !changed)
        ui.warn(
          `${run} is finished: it has trained its ${settings.steps} steps; its policy is exported again. ` +
            `Train it longer with: meow-bench train --resume ${run} --steps <more>`,
        );
      // Of a run that goes on it would say that it has ended.
      if (!finished) await rm(folder.file(SUMMARY), { force: true });
      if (changed) await recordChanges(folder, settings, changes, step);
    },
  });
}

function checkSteps(
  run: string,
  { steps }: ResolvedTrain,
  changes: Changes,
  step: number,
  checkpoints: readonly number[],
): void {
  if (changes['steps'] && steps < step) {
    const earlier = checkpoints.filter((saved) => saved < steps);
    throw new UsageError(
      `${run} has trained ${step} steps already, and --steps ${steps} was given`,
      earlier.length > 0
        ? `Give at least ${step}, or go back with --from: ${earlier.join(', ')}.`
        : `Give at least ${step}.`,
    );
  }
  const others = Object.keys(changes).filter((name) => name !== 'steps');
  if (step >= steps && others.length > 0)
    throw new UsageError(
      `${run} is finished: it has trained its ${steps} steps, so another ${others.join(', ')} changes nothing`,
      'Train it longer with --steps <more>.',
    );
}
