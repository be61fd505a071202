import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import path from 'node:path';

import { makeFolder } from '@meow-rl/files';

import { endedChild } from '../sweep/ended-child.ts';
import type { RaceConfig } from '../commands/race.ts';
import { reasonOf } from '../cli/errors.ts';
import { peerPython, peersFolder } from '../speed/peer-process.ts';
import { localTrials } from '../sweep/local-trials.ts';
import type { Ending, TrialEngine } from '../sweep/trial-engine.ts';
import { readTail, TRIAL_LOG } from '../sweep/trial-state.ts';
import type { PlannedTrial } from '../sweep/trial.ts';
import { isPeer } from './contestants.ts';

/** What makes two races the same one, so that their runs can be compared. */
export type RaceRules = Pick<
  RaceConfig,
  'env' | 'steps' | 'warmup' | 'evaluateEvery' | 'evaluationEpisodes' | 'threads'
>;

/** The runs of a race, all contestants of one seed before those of the next. */
export const raceTrials = (
  out: string,
  rules: RaceRules,
  { contestants, seeds }: Pick<RaceConfig, 'contestants' | 'seeds'>,
): PlannedTrial[] =>
  Array.from({ length: seeds }, (_, seed) =>
    contestants.map((algorithm): PlannedTrial => {
      const name = `${algorithm}/seed-${seed}`;
      return {
        name,
        folder: path.join(out, algorithm, `seed-${seed}`),
        algorithm,
        environment: rules.env,
        settings: settingsOf(algorithm, seed, rules),
        cores: rules.threads,
        steps: rules.steps,
      };
    }),
  ).flat();

/** Settings of `train`: nothing but the policy's training takes time within that of the loop. */
const settingsOf = (algo: string, seed: number, { threads, ...rules }: RaceRules) => ({
  ...rules,
  algo,
  seed,
  numEnvs: 1,
  updatesPerStep: 1,
  deterministicOnly: true,
  checkpointEvery: rules.steps,
  logEvery: rules.evaluateEvery,
  noTensorboard: true,
  // As many units as the others have; MEow's networks are those of its paper.
  agent: { batchSize: 256, ...(algo !== 'meow' && { hidden: [256, 256] }) },
  parallel: 'off',
  threads: 1,
  workers: 0,
  learnerThreads: threads === 1 ? 0 : threads,
});

/** Trains contestants of this project as trials of a sweep are, the others in Python. */
export function raceEngine(cores: number): TrialEngine {
  const local = localTrials(cores);
  return {
    ...local,
    run: (trial, stop, report) =>
      isPeer(trial.algorithm)
        ? runPeer(trial, stop).catch((error: unknown) => ({
            kind: 'failed',
            error: reasonOf(error),
            again: false,
          }))
        : local.run(trial, stop, report),
  };
}

async function runPeer({ algorithm, folder, environment, settings, cores }: PlannedTrial, stop: AbortSignal) {
  await makeFolder(folder);
  const log = await open(path.join(folder, TRIAL_LOG), 'a');
  try {
    const flags = {
      contestant: algorithm,
      env: environment,
      seed: settings['seed'],
      steps: settings['steps'],
      warmup: settings['warmup'],
      'evaluate-every': settings['evaluateEvery'],
      'evaluation-episodes': settings['evaluationEpisodes'],
      threads: cores,
      out: path.resolve(folder),
    };
    const argv = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = spawn(peerPython, ['race.py', ...argv, '--while-asked'], {
      cwd: peersFolder,
      stdio: ['pipe', log.fd, log.fd],
      // Ctrl-C in a terminal goes to the race alone.
      detached: process.platform !== 'win32',
      windowsHide: true,
      env: { ...process.env, PYTHONWARNINGS: 'ignore' },
    });
    const [code, signal] = await endedChild(child, stop);
    return endingOf(code, signal, stop.aborted, (await readTail(path.join(folder, TRIAL_LOG), 4096)) ?? '');
  } finally {
    await log.close();
  }
}

function endingOf(code: unknown, signal: unknown, stopped: boolean, said: string): Ending {
  if (code === 0) return { kind: 'done' };
  if (stopped) return { kind: 'stopped' };
  // What Python ends with is the error.
  const last = said.trimEnd().split('\n').at(-1);
  const how = signal === null ? `ended with exit code ${String(code)}` : `killed by ${String(signal)}`;
  return { kind: 'failed', error: last === undefined || last === '' ? how : last, again: false };
}
