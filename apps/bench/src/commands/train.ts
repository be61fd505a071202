import type { TrainConfig } from '../config.ts';
import type { RunOptions } from '../run-folder.ts';
import type { Ui } from '../ui.ts';

/** Trains an agent and keeps the run in its folder. */
export async function train(_config: TrainConfig, _options: RunOptions, _ui: Ui): Promise<void> {
  throw new Error('train: not built yet.');
}
