import path from 'node:path';

import type { MeowAgent } from '@meow-rl/meow';

import { FINAL_CHECKPOINT, loadCheckpoint } from './checkpoint.ts';
import { trainSchema } from './config.ts';
import { parseSettings } from './config-file.ts';
import { resolveTrain } from './resolve.ts';
import type { ResolvedTrain } from './resolve.ts';
import { readRunConfig } from './run-folder.ts';
import { adoptPolicy, createRunAgent } from './training.ts';

/** A finished run, with its agent as it was at the end. */
export interface SavedRun {
  readonly settings: ResolvedTrain;
  readonly agent: MeowAgent;
  readonly step: number;
}

/**
 * Opens the run in a folder. The caller disposes of the agent.
 *
 * @throws CliError if the folder holds no finished run
 */
export async function openRun(
  folder: string,
  overrides: { readonly threads?: number } = {},
): Promise<SavedRun> {
  const raw = await readRunConfig(folder);
  const settings = await resolveTrain(parseSettings(trainSchema, raw, path.join(folder, 'config.json')));
  const agent = await createRunAgent({ ...settings, ...overrides });
  try {
    const step = await loadCheckpoint(path.join(folder, FINAL_CHECKPOINT), agent);
    adoptPolicy(agent, settings);
    return { settings, agent, step };
  } catch (error) {
    await agent.dispose();
    throw error;
  }
}
