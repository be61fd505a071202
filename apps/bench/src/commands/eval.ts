import type { EvalConfig } from '../config.ts';
import type { Ui } from '../ui.ts';

/** Plays episodes with the policy of a run and reports their returns. */
export async function evaluate(_run: string, _config: EvalConfig, _ui: Ui): Promise<void> {
  throw new Error('eval: not built yet.');
}
