import { counted } from '../cli/counted.ts';
import { CliError } from '../cli/errors.ts';
import type { Ui } from '../cli/ui.ts';
import { inFolder } from '../files/in-folder.ts';
import type { SweepDefinition } from './definition.ts';
import { sweepSummary, sweepTable } from './report.ts';
import { runSweep, type RunSweepOptions } from './run-sweep.ts';

/**
 * Runs a sweep and says what became of it.
 *
 * @throws CliError if trials failed
 */
export async function sweepAndReport(
  sweep: SweepDefinition,
  options: RunSweepOptions,
  ui: Ui,
): Promise<void> {
  const report = await inFolder(
    sweep.out,
    () => runSweep(sweep, options, ui),
    `Give another folder with out in ${sweep.source}.`,
  );
  const failed = report.trials.filter(({ phase }) => phase === 'failed');
  const errors = failed.map(({ name, error }) => `${name}: ${error}`);
  ui.result(report, [sweepTable(report.trials), sweepSummary(report.trials), ...errors].join('\n'));
  if (failed.length > 0)
    throw new CliError(
      `${failed.length} of ${counted(report.trials.length, 'trial')} failed`,
      'What they said is in trial.log in their folders; the same command tries them again.',
    );
}
