import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { writeProblem } from '@meow-rl/files';
import { checkpointFolder, listCheckpoints } from '@meow-rl/train/node';
import { z } from 'zod';

import { hasCode } from '../cli/errors.ts';
import { parseJson, toJson } from '../files/json.ts';
import { CHECKPOINTS } from '../runs/run-checkpoints.ts';
import { ROBUSTNESS } from '../runs/run-files.ts';
import { writeAtomically } from '../runs/run-folder.ts';

const playedSchema = z.object({
  observationNoise: z.number(),
  actionNoise: z.number(),
  episodes: z.number(),
  seed: z.number(),
  deterministic: z.number(),
  sampled: z.number(),
});
const fileSchema = z.object({ checkpoint: z.string(), played: z.array(playedSchema) });

/** Mean returns of a run's final policy under one disturbance, and how they were played. */
export type Played = Readonly<z.output<typeof playedSchema>>;

/** What was played with the newest checkpoint of a run, kept in its folder for reports to come. */
export interface PlayedBefore {
  /** Has what was added too. */
  readonly played: readonly Played[];
  /** Keeps one more; a folder that takes nothing is fine. */
  add(played: Played): Promise<void>;
}

/** Reads what was played with a run's newest checkpoint. */
export async function readPlayed(folder: string): Promise<PlayedBefore> {
  const file = path.join(folder, ROBUSTNESS);
  const checkpoint = await newestCheckpoint(folder);
  const { data } = fileSchema.safeParse(parseJson((await contentOf(file)) ?? ''));
  const played = data && checkpoint !== undefined && data.checkpoint === checkpoint ? data.played : [];
  return {
    played,
    async add(one) {
      played.push(one);
      try {
        await writeAtomically(file, toJson({ checkpoint, played }));
      } catch (error) {
        if (!writeProblem(error)) throw error;
      }
    },
  };
}

/** What tells the newest checkpoint from any other: a hash of its checksums. */
async function newestCheckpoint(folder: string): Promise<string | undefined> {
  const [step] = await listCheckpoints(path.join(folder, CHECKPOINTS));
  if (step === undefined) return undefined;
  const sums = await contentOf(
    path.join(checkpointFolder(path.join(folder, CHECKPOINTS), step), 'SHA256SUMS'),
  );
  return sums === undefined ? undefined : createHash('sha256').update(sums).digest('hex');
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
