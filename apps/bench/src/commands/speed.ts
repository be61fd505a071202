import type { SpeedConfig } from '../config.ts';
import type { Ui } from '../ui.ts';

/** Times updates and actions of an agent. */
export async function speed(_config: SpeedConfig, _ui: Ui): Promise<void> {
  throw new Error('speed: not built yet.');
}
