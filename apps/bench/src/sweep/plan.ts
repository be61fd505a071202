import { existsSync } from 'node:fs';
import path from 'node:path';

import { reasonOf, UsageError } from '../cli/errors.ts';
import { checkSimulatorSettings } from '../environments/environments.ts';
import { expectEngine } from '../runs/engines.ts';
import { resolveTrain, type ResolvedTrain } from '../runs/resolve.ts';
import { changesOnResume } from '../runs/resume-settings.ts';
import { CONFIG } from '../runs/run-files.ts';
import { importLogger } from '../runs/run-logs.ts';
import { readRunSettings } from '../runs/saved-run.ts';
import { parseTrainSettings, type EngineName } from '../runs/train-settings.ts';
import type { SweepDefinition } from './definition.ts';
import type { TrialEngine } from './trial-engine.ts';
import { readTrialState } from './trial-state.ts';
import { expandSweep, type PlannedTrial, type Trial } from './trial.ts';

/**
 * Makes the trials of a sweep, all known to be such that `train` begins or goes on with them.
 *
 * @param runsOn of what only this machine knows, such as engines that are installed, trials are checked where they run on it
 * @throws UsageError naming the trial that it wouldn't, or two that are the same
 */
export async function planSweep(
  sweep: SweepDefinition,
  runsOn: TrialEngine['name'],
): Promise<PlannedTrial[]> {
  const trials = expandSweep(sweep);
  checkFolders(trials, sweep.source);
  const planned: PlannedTrial[] = [];
  const bySettings = new Map<string, Trial>();
  for (const trial of trials) {
    const resolved = await explained(trial, sweep.source, () => resolvedSettings(trial, runsOn));
    const key = JSON.stringify(Object.entries(resolved).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const twin = bySettings.get(key);
    if (twin)
      throw new UsageError(
        `${sweep.source}: trials ${twin.name} and ${trial.name} are the same, settings and seed`,
        'Two copies of a run would make intervals narrower than they are: leave one of them out.',
      );
    bySettings.set(key, trial);
    planned.push({ ...trial, steps: resolved.steps });
  }
  return planned;
}

function checkFolders(trials: readonly Trial[], source: string): void {
  const names = new Set<string>();
  for (const { name } of trials) {
    if (names.has(name))
      throw new UsageError(
        `${source}: two trials are called ${name}`,
        'Name groups and the entries of list differently, and each algorithm, environment, seed and value once.',
      );
    names.add(name);
  }
}

async function resolvedSettings(
  { name, folder, settings }: Trial,
  runsOn: TrialEngine['name'],
): Promise<ResolvedTrain> {
  const config = parseTrainSettings(settings, `trial ${name}`);
  checkSimulatorSettings(config);
  const resolved = await resolveTrain(config);
  if (resolved.logger !== undefined) await importLogger(resolved.logger);
  const begun = existsSync(path.join(folder, CONFIG)) ? await readRunSettings(folder) : undefined;
  if (begun) changesOnResume(folder, begun, settings);
  const { engine, threads } = begun ?? resolved;
  if (runsOn !== 'local' || STAYING_ENGINES.has(engine)) return resolved;
  if ((await readTrialState({ folder }, resolved.steps)).phase !== 'finished')
    await expectEngine({ engine, threads }, begun && folder);
  return resolved;
}

/** TensorFlow, once loaded, keeps its number of threads and all memory of a GPU, which trials in other processes need. */
const STAYING_ENGINES: ReadonlySet<EngineName> = new Set(['tfjs-node', 'tfjs-node-gpu']);

async function explained<T>({ name }: Trial, source: string, check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    const reason = reasonOf(error).replace(`trial ${name}: `, '');
    throw new UsageError(`${source}, trial ${name}: ${reason}`, 'No trial was started.', { cause: error });
  }
}
