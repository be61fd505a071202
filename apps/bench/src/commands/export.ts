import type { ExportConfig } from '../config.ts';
import type { Ui } from '../ui.ts';

/** Writes the ONNX files of a run, each verified against the agent. */
export async function exportPolicy(_run: string, _config: ExportConfig, _ui: Ui): Promise<void> {
  throw new Error('export: not built yet.');
}
