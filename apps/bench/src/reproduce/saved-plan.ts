import path from 'node:path';

import { z } from 'zod';

import { secondsOf } from '../cli/duration.ts';
import { hasCode, UsageError } from '../cli/errors.ts';
import { readTextFile } from '../files/text-file.ts';
import { parseJson, toJson } from '../files/json.ts';
import { guardWrite, writeAtomically } from '../runs/run-folder.ts';
import type { Plan } from './plan.ts';

const FILE = 'plan.json';

const planSchema = z.object({
  seeds: z.number(),
  seconds: z.number(),
  arms: z.array(
    z.object({
      environment: z.string(),
      arm: z.object({ algorithm: z.string(), preset: z.string().exactOptional() }),
      steps: z.number(),
      evaluateEvery: z.number(),
      warmup: z.number().exactOptional(),
      seconds: z.number(),
    }),
  ),
});
const savedSchema = z.object({ asked: z.string(), plan: planSchema });

/**
 * The plan that an earlier call has made in a folder, so that the same command goes on with it: measured anew, it would have another
 * number of steps.
 *
 * @param asked what decides on the plan, as text
 * @throws UsageError if the folder has the plan of something else
 */
export async function readPlan(out: string, asked: string): Promise<Plan | undefined> {
  const file = path.join(out, FILE);
  let text: string;
  try {
    text = await readTextFile(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
  const saved = savedSchema.safeParse(parseJson(text));
  if (!saved.success)
    throw new UsageError(`${file} is no plan of reproduce`, 'Delete it, or give another folder with --out.');
  if (meaningOf(saved.data.asked) !== meaningOf(asked))
    throw new UsageError(
      `${out} holds what was begun as "${saved.data.asked}", not "${asked}"`,
      'Give the same flags to go on with it, or another folder with --out.',
    );
  return saved.data.plan;
}

/** What decides on a plan, however it is written: times in seconds, lists sorted. */
const meaningOf = (asked: string): string =>
  asked
    .split(' --')
    .map((flag) => {
      const [name = '', value = ''] = flag.split(/ (.*)/s);
      if (name === 'budget') return `${name} ${secondsOf(value) ?? value}`;
      return `${name} ${value.split(',').toSorted().join(',')}`;
    })
    .join(' --');

/** Keeps a plan for calls to come. */
export const writePlan = (out: string, asked: string, plan: Plan): Promise<void> =>
  guardWrite(out, () => writeAtomically(path.join(out, FILE), toJson({ asked, plan })));
