import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { FOLDER_LOCK, listCheckpoints } from '@meow-rl/train/node';
import { expect } from 'vitest';

/** Settings of trials that take seconds, with many checkpoints. */
export const QUICK_TRIAL = {
  warmup: 100,
  evaluateEvery: 300,
  evaluationEpisodes: 1,
  checkpointEvery: 50,
  maxSteps: 40,
  agent: { hidden: [8, 8], batchSize: 16 },
} as const;

/** Writes a sweep into a file (YAML is a superset of JSON) and gives its path. */
export async function writeSweep(folder: string, sweep: unknown, name = 'sweep.yaml'): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, JSON.stringify(sweep));
  return file;
}

/** Kills the process of a trial with SIGKILL as soon as it has a checkpoint and is far from its end. */
export async function killTrial(folder: string): Promise<void> {
  await expect
    .poll(async () => (await checkpointsOf(folder)).length, { interval: 20, timeout: 1_200_000 })
    .toBeGreaterThan(0);
  process.kill(await pidOf(folder), 'SIGKILL');
}

const checkpointsOf = async (folder: string): Promise<number[]> =>
  existsSync(path.join(folder, 'checkpoints')) ? listCheckpoints(path.join(folder, 'checkpoints')) : [];

/** The process that trains in a folder. */
export async function pidOf(folder: string): Promise<number> {
  const { pid } = JSON.parse(await readFile(path.join(folder, FOLDER_LOCK), 'utf8'));
  return Number(pid);
}
