import type { TrainConfig } from '../config.ts';
import { finishRun } from '../finish-run.ts';
import { resolveTrain } from '../resolve.ts';
import { createRunFolder, runPath } from '../run-folder.ts';
import type { RunOptions } from '../run-folder.ts';
import type { Ui } from '../ui.ts';
import { withOpen } from '../with-open.ts';

/** Trains an agent and keeps the run in its folder: settings, logs, checkpoints, verified policy, summary. */
export async function train(config: TrainConfig, options: RunOptions, ui: Ui): Promise<void> {
  const settings = await resolveTrain(config);
  await withOpen(async (open) => {
    const folder = open(await createRunFolder({ path: runPath(config), command: 'train', ...options }));
    await folder.writeConfig(settings);
    ui.info(`Training ${settings.algo} on ${settings.env}, seed ${settings.seed}, in ${folder.path}`);
    await finishRun({ settings, folder, ui });
  });
}
