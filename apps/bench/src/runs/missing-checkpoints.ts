import { existsSync } from 'node:fs';
import path from 'node:path';

import { POLICY_FILES } from '@meow-rl/export';

import { CliError, hasCode, UsageError } from '../cli/errors.ts';
import { readEvents } from './read-events.ts';
import type { ResolvedTrain } from './resolve.ts';
import { CHECKPOINTS } from './run-checkpoints.ts';
import { CONFIG, METRICS, POLICY, SUMMARY } from './run-files.ts';

/**
 * Refuses a run without a checkpoint that has had some: they were deleted, or their disk isn't there. One that was stopped before its
 * first checkpoint has lost nothing by beginning anew.
 *
 * @param settings as the run has recorded them
 * @throws UsageError
 */
export async function expectNoneSaved(
  run: string,
  settings: Pick<ResolvedTrain, 'checkpointEvery' | 'numEnvs'>,
): Promise<void> {
  const sign = await signOfCheckpoints(run, settings);
  if (sign === undefined) return;
  throw new UsageError(
    `the checkpoints of ${run} are missing: it has ${sign}, and ${path.join(run, CHECKPOINTS)} holds none`,
    `Put them back, as by mounting their disk, or begin a new run with --config ${path.join(run, CONFIG)} and --out.`,
  );
}

/** What a run leaves only when it has saved a checkpoint. */
async function signOfCheckpoints(
  run: string,
  { checkpointEvery, numEnvs }: Pick<ResolvedTrain, 'checkpointEvery' | 'numEnvs'>,
): Promise<string | undefined> {
  const written = [SUMMARY, path.join(POLICY, POLICY_FILES.policy)];
  const file = written.find((name) => existsSync(path.join(run, name)));
  if (file !== undefined) return `a ${file}`;
  // The first checkpoint is written while training goes on, and is there when the second one is begun: at the next step of all
  // environments that is past a multiple, for each of the two.
  const enough = 2 * (checkpointEvery + numEnvs);
  return (await isLoggedUpTo(path.join(run, METRICS), enough))
    ? `logged step ${enough}, with a checkpoint every ${checkpointEvery} steps`
    : undefined;
}

/** Whether a log has an event of a step or a later one. Where a line is damaged, or being written, what comes before it counts. */
async function isLoggedUpTo(log: string, step: number): Promise<boolean> {
  try {
    for await (const event of readEvents(log)) if (event.step >= step) return true;
  } catch (error) {
    if (!(error instanceof CliError) && !hasCode(error, 'ENOENT')) throw error;
  }
  return false;
}
