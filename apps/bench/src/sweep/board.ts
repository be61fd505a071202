import type { Ui } from '../cli/ui.ts';
import type { PlannedTrial } from './trial.ts';
import type { TrialStatus } from './pool.ts';
import { sweepSummary, sweepTable, type TrialReport } from './report.ts';
import { readTrialState, type TrialState } from './trial-state.ts';

export type Board = Awaited<ReturnType<typeof openBoard>>;

/** Keeps where all trials stand, and shows it. */
export async function openBoard(trials: readonly PlannedTrial[], ui: Ui) {
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
  const read = async (trial: PlannedTrial) => states.set(trial, await readTrialState(trial, trial.steps));
  const phaseOf = (trial: PlannedTrial) => statuses.get(trial)?.phase;
  return {
    isFinished: (trial: PlannedTrial) => phaseOf(trial) === 'finished',
    /** Where all trials stand at the end. */
    read: async (): Promise<TrialReport[]> => {
      for (const trial of trials) await read(trial);
      return reports();
    },
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
    show: () =>
      live.show(async () => {
        // A trial that has just ended was running a moment ago.
        const moving = trials.filter(
          (trial) => states.get(trial)?.phase !== 'finished' && phaseOf(trial) !== 'waiting',
        );
        // What shared storage doesn't give at the moment is shown the next time.
        for (const trial of moving) await read(trial).catch(() => {});
        const now = reports();
        const summary = sweepSummary(now);
        return { text: `${summary}\n\n${sweepTable(now)}`, summary };
      }),
    clear: () => live.clear(),
  };
}
