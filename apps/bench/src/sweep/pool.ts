import type { PlannedTrial } from './trial.ts';
import type { TrialEngine } from './trial-engine.ts';

/** Where a trial stands in a sweep that runs. */
export interface TrialStatus {
  /** `pending`: the cluster hasn't begun with it. */
  readonly phase: 'waiting' | 'pending' | 'running' | 'finished' | 'failed' | 'stopped';
  /** Attempts in this sitting. */
  readonly attempts: number;
  /** The job that it is on a cluster. */
  readonly job?: string;
  /** Why the last attempt failed. */
  readonly error?: string;
}

/** How {@link runTrials} runs trials. */
export interface RunTrialsOptions {
  readonly engine: TrialEngine;
  /** Further attempts at a trial that fails. */
  readonly retries: number;
  /** Stops all trials, saved. */
  readonly signal: AbortSignal;
  /** Called when a trial begins, ends or waits to be tried again. */
  readonly onChange: (trial: PlannedTrial, status: TrialStatus) => void;
}

/**
 * Runs trials, as many at a time as there are cores for, in their order. One that fails is tried again, after those that
 * wait, from its newest checkpoint.
 *
 * @returns where each stands at the end
 */
export async function runTrials(
  trials: readonly PlannedTrial[],
  { engine, retries, signal, onChange }: RunTrialsOptions,
): Promise<Map<PlannedTrial, TrialStatus>> {
  const statuses = new Map<PlannedTrial, TrialStatus>(
    trials.map((trial) => [trial, { phase: 'waiting', attempts: 0 }]),
  );
  const waiting = [...trials];
  const running = new Map<PlannedTrial, Promise<void>>();
  const failing = new AbortController();
  const set = (trial: PlannedTrial, status: TrialStatus) => {
    statuses.set(trial, status);
    onChange(trial, status);
  };
  let free = engine.cores;

  const run = async (trial: PlannedTrial): Promise<void> => {
    const tried = (statuses.get(trial)?.attempts ?? 0) + 1;
    set(trial, { phase: 'running', attempts: tried });
    // A signal for each trial: Node warns of more than ten listeners on one.
    const stop = AbortSignal.any([signal, failing.signal]);
    const ending = await engine.run(trial, stop, (progress) => {
      const before = statuses.get(trial);
      if (before?.phase !== progress.phase || before.job !== progress.job)
        set(trial, { ...progress, attempts: tried });
    });
    const again = ending.kind === 'failed' && ending.again && tried <= retries && !signal.aborted;
    if (again) waiting.push(trial);
    const job = statuses.get(trial)?.job;
    set(trial, {
      phase: ending.kind === 'done' ? 'finished' : again ? 'waiting' : ending.kind,
      attempts: tried,
      ...(job !== undefined && { job }),
      ...(ending.kind === 'failed' && { error: ending.error }),
    });
  };

  try {
    for (;;) {
      const [next] = waiting;
      if (next && next.cores <= free && !signal.aborted) {
        waiting.shift();
        free -= next.cores;
        const ended = run(next).finally(() => {
          free += next.cores;
          running.delete(next);
        });
        running.set(next, ended);
      } else if (running.size > 0) await Promise.race(running.values());
      else break;
    }
  } catch (error) {
    failing.abort();
    await Promise.allSettled(running.values());
    throw error;
  }
  return statuses;
}
