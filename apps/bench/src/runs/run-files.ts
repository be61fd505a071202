import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

import { POLICY_FILES } from '@meow-rl/export';
import { deleteCheckpoints, FOLDER_LOCK, removeEmpty } from '@meow-rl/train/node';
import { z } from 'zod';

import { hasCode } from '../cli/errors.ts';
import { CHECKPOINTS, withExplanation } from './run-checkpoints.ts';
import { NoTextError, readTextFile } from '../files/text-file.ts';

/** The commands that write a run. */
const COMMANDS = ['train', 'demo'] as const;
export type RunCommand = (typeof COMMANDS)[number];

export const CONFIG = 'config.json';
export const METRICS = 'metrics.jsonl';
export const SUMMARY = 'summary.json';
/** Returns of the final policy with noise, as reports have played it. */
export const ROBUSTNESS = 'robustness.json';
/** Where a run's ONNX files lie. */
export const POLICY = 'policy';

/** What the commands write into a run's folder beside checkpoints and policy, and the temporary files of a killed one. */
const FILES = new RegExp(
  [
    String.raw`config\.json|(lost-before-\d+(-\d+)?\.)?metrics\.jsonl|summary\.json|robustness\.json|report\.html`,
    String.raw`replay(-\d+)?\.(html|qpos)`,
    String.raw`(lost-before-\d+(-\d+)?\.)?events\.out\.tfevents\.\d+\.meow-rl\.\d+`,
    String.raw`\.(config\.json|summary\.json|robustness\.json|report\.html|replay(-\d+)?\.(html|qpos))\.\d+\.tmp`,
  ]
    .map((names) => `^(${names})$`)
    .join('|'),
);

/** What `config.json` says of the run beside its settings, and nobody writes by hand. */
const recordSchema = z.looseObject({
  command: z.enum(COMMANDS),
  versions: z.looseObject({ 'meow-bench': z.string() }),
});

/**
 * The command that began the run in a folder.
 *
 * @returns undefined if the folder holds no run, also if it holds somebody else's `config.json`
 */
export async function commandOf(folder: string): Promise<RunCommand | undefined> {
  try {
    const config: unknown = JSON.parse(await readTextFile(path.join(folder, CONFIG)));
    return recordSchema.safeParse(config).data?.command;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof NoTextError) return undefined;
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined;
    throw error;
  }
}

/** What lies in a folder under the names that a run writes to. */
export async function filesOfRun(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  const files = names.filter((name) => FILES.test(name) && !name.startsWith('.'));
  const folders = await Promise.all(
    [CHECKPOINTS, POLICY].map(async (name) => {
      if (!names.includes(name)) return [];
      const [first] = await readdir(path.join(folder, name)).catch((error: unknown) => {
        if (hasCode(error, 'ENOTDIR')) return [''];
        throw error;
      });
      // An empty one, or a link to one on another disk, is made ready for the run.
      return first === undefined ? [] : [path.join(name, first)];
    }),
  );
  return [...files, ...folders.flat()];
}

/**
 * Deletes what a run has written into its folder but for `config.json`, by which the folder stays known as a run's until
 * another one is written in its place. Whatever else lies there stays.
 *
 * @throws UsageError if there is something else in the folder of a checkpoint; then nothing is deleted
 */
export async function deleteRun(folder: string): Promise<void> {
  await withExplanation(deleteCheckpoints(path.join(folder, CHECKPOINTS)), { resumed: folder });
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (FILES.test(entry.name) && entry.name !== CONFIG && !entry.isDirectory())
      await rm(path.join(folder, entry.name));
  // The lock is one that a killed export has left.
  for (const name of [...Object.values(POLICY_FILES), FOLDER_LOCK])
    await rm(path.join(folder, POLICY, name), { force: true });
  await removeEmpty(path.join(folder, POLICY));
}
