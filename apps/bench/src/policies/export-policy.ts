import path from 'node:path';

import type { ExportConfig } from '../commands/export.ts';
import { exportRunAgent, FILE_DESCRIPTIONS } from './policy-export.ts';
import { openRun } from '../runs/saved-run.ts';
import { formatTable } from '../cli/table.ts';
import type { Ui } from '../cli/ui.ts';

/** Writes the ONNX files of a run, each verified against the agent. */
export async function exportPolicy(run: string, config: ExportConfig, ui: Ui): Promise<void> {
  const { settings, agent, step, observations } = await openRun(run, { checkpoint: config.checkpoint });
  try {
    const probes = await observations(config.observations).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      ui.warn(`the files are verified on random observations, those of the run can't be read: ${reason}`);
      return undefined;
    });
    const files = await exportRunAgent(agent, config.out ?? path.join(run, 'policy'), {
      settings,
      trainingSteps: step,
      observations: config.observations,
      seed: config.seed,
      probes,
    });
    ui.result(
      { run, environment: settings.environment, step, files },
      formatTable(
        ['file', 'what it computes', 'largest error', 'observations'],
        files.map(({ kind, path: file, maxError, observations: compared }) => [
          file,
          FILE_DESCRIPTIONS[kind],
          maxError.toExponential(1),
          compared,
        ]),
      ),
    );
  } finally {
    await agent.unwrapped.dispose();
  }
}
