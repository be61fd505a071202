import { formatTable } from '../cli/table.ts';
import type { Ui } from '../cli/ui.ts';
import type { SweepDefinition } from './definition.ts';
import { planSweep } from './plan.ts';
import type { TrialEngine } from './trial-engine.ts';
import { trialArguments } from './trial.ts';
import { readTrialState } from './trial-state.ts';
import { repeatedDraws } from './variants.ts';

/**
 * Says what a sweep would train, and how far that is.
 *
 * @throws UsageError for a sweep that can't be run
 */
export async function describeSweep(
  sweep: SweepDefinition,
  engine: TrialEngine['name'],
  ui: Ui,
): Promise<void> {
  const trials = await Promise.all(
    (await planSweep(sweep, engine)).map(async (trial) => {
      const { name, folder, cores, steps } = trial;
      const { phase, step } = await readTrialState(trial, steps);
      return {
        name,
        folder,
        cores,
        phase,
        step,
        steps,
        command: ['meow-bench', ...trialArguments(trial, false)],
      };
    }),
  );
  for (const line of repeatedDraws(sweep)) ui.warn(line);
  const rows = trials.map(({ name, phase, step, steps, cores }) => [name, phase, `${step}/${steps}`, cores]);
  ui.result({ out: sweep.out, trials }, formatTable(['trial', 'state', 'step', 'cores'], rows));
}
