import { setTimeout as pause } from 'node:timers/promises';

import { makeFolder } from '@meow-rl/files';
import { lockFolder } from '@meow-rl/train/node';

import { InterruptedError, UsageError } from '../cli/errors.ts';
import { exitCodeOfSignal, interruptible } from '../cli/interrupt.ts';
import type { Ui } from '../cli/ui.ts';
import { withOpen } from '../files/with-open.ts';
import { guardWrite } from '../runs/run-folder.ts';
import type { SweepDefinition } from './definition.ts';
import type { Engine } from './engine.ts';
import { localEngine } from './local-engine.ts';
import { planSweep, type PlannedTrial } from './plan.ts';
import { runTrials, type TrialStatus } from './pool.ts';
import { sweepSummary, sweepTable, type SweepReport, type TrialReport } from './report.ts';
import { readTrialState, type TrialState } from './trial-state.ts';

/** How a sweep is run. */
export interface RunSweepOptions {
  readonly engine: Engine['name'];
  /** Cores that trials share. Default: all of the machine, or of the cluster. */
  readonly cores?: number | undefined;
  /** Further attempts at a trial that fails. */
  readonly retries: number;
}

/**
 * Runs the trials of a sweep that aren't finished, each from where it stopped. What there is to know of a trial is in its
 * folder. That a trial fails stops no other one, and is reported.
 *
 * @throws UsageError for a sweep that can't be run; then nothing was started
 * @throws InterruptedError if a signal stopped it, all trials saved
 */
export async function runSweep(
  sweep: SweepDefinition,
  { engine: name, cores, retries }: RunSweepOptions,
  ui: Ui,
): Promise<SweepReport> {
  const trials = await planSweep(sweep);
  return withOpen(async (open) => {
    const engine = open(await makeEngine(name, sweep, cores));
    for (const trial of trials)
      if (trial.cores > engine.cores)
        throw new UsageError(
          `${sweep.source}, trial ${trial.name}: it takes ${trial.cores} cores, and there are ${engine.cores}`,
          engine.remedy,
        );
    const lock = await guardWrite(sweep.out, async () => {
      await makeFolder(sweep.out);
      return lockFolder(sweep.out);
    });
    open({ close: () => lock.release() });
    const board = await openBoard(trials, ui);
    const unfinished = trials.filter((trial) => !board.isFinished(trial));
    ui.info(
      `${trials.length} trials in ${sweep.out}, ${trials.length - unfinished.length} of them finished before; ` +
        `${engine.name} engine, ${engine.cores} ${engine.cores === 1 ? 'core' : 'cores'}`,
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
      () => ui.warn('interrupted; the trials save what was learned. Press Ctrl-C again to leave at once.'),
    );
    const report = { out: sweep.out, engine: engine.name, trials: await board.read() };
    if (signal && report.trials.some(({ phase }) => phase !== 'finished'))
      throw new InterruptedError(
        `stopped, ${sweepSummary(report.trials)}, saved`,
        'Go on with the same command.',
        exitCodeOfSignal(signal),
      );
    return report;
  });
}

const makeEngine = async (
  name: Engine['name'],
  sweep: SweepDefinition,
  cores: number | undefined,
): Promise<Engine> => {
  if (name === 'local') return localEngine(cores);
  const { rayEngine } = await import('./ray-engine.ts');
  return rayEngine(sweep, cores);
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

type Board = Awaited<ReturnType<typeof openBoard>>;

/** Keeps where all trials stand, and shows it. */
async function openBoard(trials: readonly PlannedTrial[], ui: Ui) {
  const states = new Map<PlannedTrial, TrialState>();
  const statuses = new Map<PlannedTrial, TrialStatus>();
  const live = ui.live();
  for (const trial of trials) {
    const state = await readTrialState(trial, trial.steps);
    states.set(trial, state);
    statuses.set(trial, { phase: state.phase === 'finished' ? 'finished' : 'waiting', attempts: 0 });
  }
  const reports = (): TrialReport[] =>
    trials.map((trial) => {
      const { phase: _, step = 0, ...progress } = states.get(trial) ?? { phase: 'waiting' };
      const { name, folder, algorithm, environment, steps } = trial;
      const status = statuses.get(trial) ?? { phase: 'waiting' as const, attempts: 0 };
      return { name, folder, algorithm, environment, ...status, step, steps, ...progress };
    });
  const read = async (which: readonly PlannedTrial[]): Promise<TrialReport[]> => {
    for (const trial of which) states.set(trial, await readTrialState(trial, trial.steps));
    return reports();
  };
  const phaseOf = (trial: PlannedTrial) => statuses.get(trial)?.phase;
  return {
    isFinished: (trial: PlannedTrial) => phaseOf(trial) === 'finished',
    read: () => read(trials),
    change: (trial: PlannedTrial, status: TrialStatus) => {
      statuses.set(trial, status);
      const { phase, error, attempts } = status;
      if (phase === 'running' || phase === 'pending' || phase === 'stopped') return;
      live.clear();
      if (error === undefined) ui.info(`${trial.name} ${phase}`);
      else
        ui.warn(
          `${trial.name} failed (${error})${phase === 'waiting' ? `; attempt ${attempts + 1} follows` : ''}`,
        );
    },
    show: async () => {
      // A trial that has just ended was running a moment ago.
      const moving = trials.filter(
        (trial) => states.get(trial)?.phase !== 'finished' && phaseOf(trial) !== 'waiting',
      );
      const now = await read(moving);
      const summary = sweepSummary(now);
      live.show(`${summary}\n\n${sweepTable(now)}`, summary);
    },
    clear: () => live.clear(),
  };
}
