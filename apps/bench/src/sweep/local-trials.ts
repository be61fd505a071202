import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeFolder } from '@meow-rl/files';

import { endedChild } from './ended-child.ts';
import { quoted } from '../cli/command-line.ts';
import { reasonOf } from '../cli/errors.ts';
import { exitCodeOfSignal } from '../cli/interrupt.ts';
import { CONFIG } from '../runs/run-files.ts';
import { failureOf } from './last-error.ts';
import type { Ending, TrialEngine } from './trial-engine.ts';
import { waitForFolder } from './trial-folder.ts';
import { trialArguments, type PlannedTrial } from './trial.ts';
import { readTail, TRIAL_LOG } from './trial-state.ts';

const program = fileURLToPath(
  new URL(`./trial-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

/** Runs each trial in a process of its own on this machine. */
export const localTrials = (cores = availableParallelism()): TrialEngine => ({
  name: 'local',
  cores,
  remedy: 'Give it fewer threads, or the sweep more cores with --cores.',
  run: (trial, stop) =>
    // What the file system or the system's limits refuse concerns this trial alone.
    runProcess(trial, stop).catch((error: unknown) => ({
      kind: 'failed',
      error: reasonOf(error),
      again: true,
    })),
});

async function runProcess(trial: PlannedTrial, stop: AbortSignal): Promise<Ending> {
  await makeFolder(trial.folder);
  const inUse = await waitForFolder(trial.folder, stop);
  if (stop.aborted) return { kind: 'stopped' };
  if (inUse !== undefined) return { kind: 'failed', error: inUse, again: false };
  const log = await open(path.join(trial.folder, TRIAL_LOG), 'a');
  try {
    const argv = trialArguments(trial, existsSync(path.join(trial.folder, CONFIG)));
    await log.write(`${new Date().toISOString()} ${['meow-bench', ...argv].map(quoted).join(' ')}\n`);
    const { size: begin } = await log.stat();
    const child = spawn(process.execPath, [...process.execArgv, program, ...argv, '--quiet'], {
      stdio: ['pipe', 'ignore', log.fd],
      // Ctrl-C in a terminal goes to the sweep alone, which then has all its trials save.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    const [code, signal] = await endedChild(child, stop);
    if (code === 0) return { kind: 'done' };
    // One that couldn't save has failed.
    if (stop.aborted && code === exitCodeOfSignal('SIGTERM')) return { kind: 'stopped' };
    const output = await readTail(path.join(trial.folder, TRIAL_LOG), (await log.stat()).size - begin);
    return { kind: 'failed', error: failureOf(code, signal, output ?? ''), again: code !== 2 };
  } finally {
    await log.close();
  }
}
