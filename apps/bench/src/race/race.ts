import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { makeFolder } from '@meow-rl/files';
import { lockFolder } from '@meow-rl/train/node';

import { readConfigFile } from '../cli/config-file.ts';
import { counted } from '../cli/counted.ts';
import { CliError, InterruptedError, UsageError } from '../cli/errors.ts';
import { exitCodeOfSignal, interruptible } from '../cli/interrupt.ts';
import type { Ui } from '../cli/ui.ts';
import { identifyEnvironment } from '../environments/environments.ts';
import { fileName } from '../files/file-name.ts';
import { toJson } from '../files/json.ts';
import { withOpen } from '../files/with-open.ts';
import { guardWrite, writeAtomically } from '../runs/run-folder.ts';
import { checkPeersInstalled } from '../speed/peer-process.ts';
import { runTrials } from '../sweep/pool.ts';
import { readTrialState, TRIAL_LOG } from '../sweep/trial-state.ts';
import type { PlannedTrial } from '../sweep/trial.ts';
import { checkContestants, isPeer } from './contestants.ts';
import { readRaceRun } from './curves.ts';
import { raceEngine, raceTrials, type RaceRules } from './race-trials.ts';
import { writeRace, type RaceRequest } from './write-race.ts';

/** The file that says what all runs in a race's folder have in common. */
const RULES = 'race.json';

/**
 * Trains the contestants that are not finished, one after the other unless there are cores for more, and writes what came of all.
 *
 * @throws UsageError if the race can't be run so; then nothing was begun
 * @throws InterruptedError if a signal stopped it; what is finished stays
 * @throws CliError if a contestant failed; the report is of the others
 */
export async function race(request: RaceRequest, ui: Ui): Promise<void> {
  const { contestants, seeds, env, steps, warmup, evaluateEvery, evaluationEpisodes, threads } = request;
  const rules: RaceRules = { env, steps, warmup, evaluateEvery, evaluationEpisodes, threads };
  const { cores = threads, out = path.join('runs', 'race', fileName(env)) } = request;
  checkContestants(contestants);
  checkRules(rules, cores);
  await identifyEnvironment({ env });
  if (contestants.some(isPeer))
    checkPeersInstalled(undefined, 'name contestants of this project alone: --contestants meow,sac,td3');
  const trials = raceTrials(out, rules, { contestants, seeds });
  await withOpen(async (open) => {
    const lock = await guardWrite(out, async () => {
      await makeFolder(out);
      return lockFolder(out);
    });
    open({ close: () => lock.release() });
    await adoptRules(out, rules, trials);
    const states = await Promise.all(trials.map(isFinished));
    const unfinished = trials.filter((_, i) => states[i] !== true);
    ui.info(
      `${counted(trials.length, 'run')} in ${out}, ${trials.length - unfinished.length} of them finished before`,
    );
    // A run that was stopped is begun anew: its clock has stood still.
    for (const { folder } of unfinished) await rm(folder, { recursive: true, force: true });
    const { result: statuses, signal } = await interruptible(
      (stop) =>
        runTrials(unfinished, {
          engine: raceEngine(cores),
          retries: 0,
          signal: stop,
          onChange: ({ name, folder }, { phase, error }) =>
            error === undefined
              ? ui.info(`${name} ${phase}`)
              : ui.warn(`${name} failed: ${error} (${path.join(folder, TRIAL_LOG)})`),
        }),
      () => ui.warn('interrupted; runs that are finished stay. Press Ctrl-C again to leave at once.'),
    );
    const failed = [...statuses].flatMap(([{ name }, { error }]) =>
      error === undefined ? [] : { name, error },
    );
    const ran = await Promise.all(trials.map(isFinished));
    const runs = await Promise.all(trials.filter((_, i) => ran[i] === true).map(readRaceRun));
    if (runs.length > 0) await writeRace({ out, rules, runs, failed, request }, ui);
    if (signal)
      throw new InterruptedError(
        `stopped, ${runs.length} of ${counted(trials.length, 'run')} finished`,
        'Go on with the same command.',
        exitCodeOfSignal(signal),
      );
    if (failed.length > 0)
      throw new CliError(
        `${failed.length} of ${counted(trials.length, 'run')} failed: ${failed.map(({ name }) => name).join(', ')}`,
        `What they said is in ${TRIAL_LOG} in their folders below ${out}; the same command runs them again.`,
      );
  });
}

/** A race is of returns: a policy that couldn't be exported takes nothing from it, and those of Python export none. */
const isFinished = async (trial: PlannedTrial): Promise<boolean> =>
  (await readTrialState(trial, trial.steps, { hasPolicy: false })).phase === 'finished';

function checkRules({ steps, warmup, evaluateEvery, threads }: RaceRules, cores: number): void {
  if (warmup >= steps)
    throw new UsageError(`warmup ${warmup} leaves nothing to learn in ${steps} steps`, 'Give more steps.');
  if (steps % evaluateEvery !== 0)
    throw new UsageError(
      `${steps} steps are no multiple of evaluateEvery ${evaluateEvery}, and the last evaluation would be missing`,
      'Change one of them.',
    );
  if (threads > cores)
    throw new UsageError(
      `each contestant takes ${threads} threads, and there are ${cores} cores for them`,
      'Give more --cores, or fewer --threads.',
    );
}

/** Has the folder of a race say by which rules its runs are made, or checks that they are these. */
async function adoptRules(out: string, rules: RaceRules, trials: readonly PlannedTrial[]): Promise<void> {
  const file = path.join(out, RULES);
  if (!existsSync(file)) {
    const other = trials.find(({ folder }) => existsSync(folder));
    if (other)
      throw new UsageError(
        `${out} holds no race, but ${other.name}, which a race would replace`,
        'Give another folder with --out.',
      );
    await guardWrite(file, () => writeAtomically(file, toJson(rules)));
    return;
  }
  const before = await readConfigFile(file);
  for (const [name, now] of Object.entries(rules))
    if (!isDeepStrictEqual(before[name], now))
      throw new UsageError(
        `${out} holds a race with ${name} ${String(before[name])}, and ${String(now)} is asked for`,
        "Runs of both can't be compared: give another folder with --out, or delete that one.",
      );
}
