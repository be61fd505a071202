import { stat } from 'node:fs/promises';
import path from 'node:path';

import { expectLength } from './append-file.ts';
import type { LogPosition } from './run-logger.ts';

/**
 * Checks that the log files in a folder reach as far as they did when a checkpoint was saved, and changes none: opening a
 * writer at a position cuts its file back.
 *
 * @throws Error if one is shorter or missing
 */
export async function checkLogPosition(folder: string, position: LogPosition): Promise<void> {
  for (const [name, bytes] of Object.entries(position)) {
    const file = path.join(folder, name);
    const { size } = await stat(file).catch(() => ({ size: 0 }));
    expectLength(file, size, bytes);
  }
}
