import { setTimeout as pause } from 'node:timers/promises';

import { counted } from '../cli/counted.ts';
import { InterruptedError, UsageError } from '../cli/errors.ts';
import { exitCodeOfSignal, interruptible } from '../cli/interrupt.ts';
import type { Ui } from '../cli/ui.ts';
import { openBoard, type Board } from './board.ts';
import type { SweepDefinition } from './definition.ts';
import { localTrials } from './local-trials.ts';
import { planSweep } from './plan.ts';
import { runTrials } from './pool.ts';
import { sweepSummary, type SweepReport } from './report.ts';
import type { TrialEngine } from './trial-engine.ts';
import { repeatedDraws } from './variants.ts';

/** How a sweep is run. */
export interface RunSweepOptions {
  readonly engine: TrialEngine['name'];
  /** Cores that trials share. Default: all of the machine, or of the cluster. */
  readonly cores?: number | undefined;
  /** Further attempts at a trial that fails. */
  readonly retries: number;
  /** Whether the caller deletes what a stopped sweep leaves, as of measurements. Default: the same command goes on with it. */
  readonly isTemporary?: boolean;
}

/**
 * Runs the trials of a sweep that aren't finished, each from where it stopped. What there is to know of a trial is in its
 * folder. That a trial fails stops no other one, and is reported. The caller sees to it that nobody else runs trials in the sweep's folder.
 *
 * @throws UsageError for a sweep that can't be run; then nothing was started
 * @throws InterruptedError if a signal stopped it, all trials saved but those that it says failed
 */
export async function runSweep(
  sweep: SweepDefinition,
  { engine: name, cores, retries, isTemporary = false }: RunSweepOptions,
  ui: Ui,
): Promise<SweepReport> {
  const trials = await planSweep(sweep, name);
  const engine = await makeEngine(name, sweep, cores);
  for (const trial of trials)
    if (trial.cores > engine.cores)
      throw new UsageError(
        `${sweep.source}, trial ${trial.name}: it takes ${trial.cores} cores, and there are ${engine.cores}`,
        engine.remedy,
      );
  for (const line of repeatedDraws(sweep)) ui.warn(line);
  const board = await openBoard(trials, ui);
  const unfinished = trials.filter((trial) => !board.isFinished(trial));
  ui.info(
    `${counted(trials.length, 'trial')} in ${sweep.out}, ${trials.length - unfinished.length} of them finished before; ` +
      `${engine.name} engine, ${counted(engine.cores, 'core')}`,
  );
  const { signal } = await interruptible(
    async (signal) => {
      const watching = new AbortController();
      const watched = watch(board, watching.signal);
      try {
        await runTrials(unfinished, { engine, retries, signal, onChange: board.change });
      } finally {
        watching.abort();
        await watched;
      }
    },
    () =>
      ui.warn(
        `interrupted; the trials ${isTemporary ? 'end' : 'save what was learned'}. Press Ctrl-C again to leave at once.`,
      ),
  );
  const report = { out: sweep.out, engine: engine.name, trials: await board.read() };
  const hasFailed = report.trials.some(({ phase }) => phase === 'failed');
  if (signal && report.trials.some(({ phase }) => phase !== 'finished'))
    throw new InterruptedError(
      isTemporary
        ? 'stopped while measuring, of which nothing is kept'
        : `stopped, ${sweepSummary(report.trials)}${hasFailed ? '' : ', saved'}`,
      isTemporary ? 'The same command measures anew.' : 'Go on with the same command.',
      exitCodeOfSignal(signal),
    );
  return report;
}

const makeEngine = async (
  name: TrialEngine['name'],
  sweep: SweepDefinition,
  cores: number | undefined,
): Promise<TrialEngine> => {
  if (name === 'local') return localTrials(cores);
  const { rayTrials } = await import('./ray-trials.ts');
  return rayTrials(sweep, { cores });
};

/** Seconds between two looks at the folders of the trials that run. */
const INTERVAL = 1;

async function watch(board: Board, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await board.show();
    await pause(1000 * INTERVAL, undefined, { signal }).catch(() => {});
  }
  board.clear();
}
