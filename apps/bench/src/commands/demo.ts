import type { DemoConfig } from '../config.ts';
import type { RunOptions } from '../run-folder.ts';
import type { Ui } from '../ui.ts';

/** Trains on the multi-goal task, draws the paper's Figure 1 and writes the report with the policies. */
export async function demo(_config: DemoConfig, _options: RunOptions, _ui: Ui): Promise<void> {
  throw new Error('demo: not built yet.');
}
